import type { Throughput } from './supply.ts'

/** Weights of a model, and those that one token passes through; equal where it is not a mixture of experts. */
export interface ModelSize {
  readonly billions: number
  readonly activeBillions: number
}

export interface GpuFacts {
  readonly architecture: 'HOPPER' | 'BLACKWELL'
  /** The most that a board of the name has. */
  readonly memoryGib: number
  readonly memoryTerabytesPerSecond: number
  /** Dense BF16. */
  readonly teraflops: number
}

/** From NVIDIA's data sheets, SXM and HGX boards. */
const GPUS: Readonly<Record<string, GpuFacts>> = {
  H100: { architecture: 'HOPPER', memoryGib: 94, memoryTerabytesPerSecond: 3.35, teraflops: 989 },
  H200: { architecture: 'HOPPER', memoryGib: 141, memoryTerabytesPerSecond: 4.8, teraflops: 989 },
  B200: { architecture: 'BLACKWELL', memoryGib: 192, memoryTerabytesPerSecond: 8, teraflops: 2250 },
  B300: { architecture: 'BLACKWELL', memoryGib: 288, memoryTerabytesPerSecond: 8, teraflops: 2250 }
}

/** From the model cards of their publishers, in billions. */
const MODELS: Readonly<Record<string, ModelSize>> = {
  'deepseek-ai/DeepSeek-V3': { billions: 671, activeBillions: 37 },
  'deepseek-ai/DeepSeek-R1': { billions: 671, activeBillions: 37 },
  'Qwen/Qwen3-8B': dense(8.2),
  'Qwen/Qwen3-32B': dense(32.8),
  'Qwen/Qwen3-30B-A3B': { billions: 30.5, activeBillions: 3.3 },
  'Qwen/Qwen3-235B-A22B': { billions: 235, activeBillions: 22 },
  'meta-llama/Llama-3.1-8B-Instruct': dense(8),
  'meta-llama/Llama-3.3-70B-Instruct': dense(70.6),
  'openai/gpt-oss-20b': { billions: 20.9, activeBillions: 3.6 },
  'openai/gpt-oss-120b': { billions: 116.8, activeBillions: 5.1 }
}

/** Share of peak arithmetic and bandwidth that a well-run engine reaches, and what splitting a model costs. */
const ARITHMETIC = 0.4
const BANDWIDTH = 0.6
const SPLIT = 0.85
const BATCH = 64
/** FP8 weights. */
const BYTES_A_WEIGHT = 1
/** Weights and room for the caches of a full batch. */
const MEMORY_FACTOR = 1.25

/** Undefined for a GPU that is not in the table. */
export function gpuFacts(gpu: string): GpuFacts | undefined {
  return Object.hasOwn(GPUS, gpu) ? GPUS[gpu] : undefined
}

/** Undefined for a model whose publisher's card is not in the table: whoever wants it says its size. */
export function knownModelSize(model: string): ModelSize | undefined {
  return Object.hasOwn(MODELS, model) ? MODELS[model] : undefined
}

/**
 * What data sheets allow, until something is measured: reading a prompt is bound by arithmetic, writing an answer by
 * memory that a batch of requests reads once a token. Undefined for a GPU that is not in the table.
 */
export function estimateThroughput(size: ModelSize, gpu: string, gpus: number): Throughput | undefined {
  const facts = gpuFacts(gpu)
  if (facts === undefined) return undefined
  const together = gpus === 1 ? 1 : gpus * SPLIT
  const arithmetic = (together * facts.teraflops * 1e12 * ARITHMETIC) / (2e9 * size.activeBillions)
  // A batch's tokens pass through different experts: together they read up to all of them.
  const read = Math.min(size.billions, size.activeBillions * BATCH) * 1e9 * BYTES_A_WEIGHT
  const steps = (together * facts.memoryTerabytesPerSecond * 1e12 * BANDWIDTH) / read
  return {
    promptTokensPerSecond: arithmetic,
    completionTokensPerSecond: Math.min(arithmetic, BATCH * steps),
    vramGib: (size.billions * 1e9 * BYTES_A_WEIGHT * MEMORY_FACTOR) / 2 ** 30,
    measuredBy: 0
  }
}

function dense(billions: number): ModelSize {
  return { billions, activeBillions: billions }
}
