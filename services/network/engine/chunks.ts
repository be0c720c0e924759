import type { EngineError } from './errors.ts'
import { type Choice, type Generation, generate, type Step } from './generation.ts'
import type { Sampling } from './sampling.ts'
import type { Delivery } from './serve.ts'
import { runningUsage, usageOf } from './usage.ts'

/** How a route words its answer; each `…Chunk` gives the JSON of one entry of `choices`. */
export interface Wording {
  readonly id: string
  readonly model: string
  readonly created: number
  readonly object: string
  readonly chunkObject: string
  /** The chunk before the first token, where the route has one. */
  firstChunk?(): (index: number) => string
  /** `end` with a choice's last token, which tells why it ended. */
  stepChunk(index: number, step: Step, end?: Choice): string
  lastChunk(index: number, choice: Choice): string
  /** One entry of `choices` of an answer that is not streamed. */
  whole(index: number, choice: Choice): object
}

/** Answers with `choices`, whole or as chunks that end in `[DONE]`. */
export function chunkDelivery(generation: Generation, sampling: Sampling, wording: Wording): Delivery {
  return {
    stream: sampling.stream,
    whole: () => wholeAnswer(generation, wording),
    events: (signal) => events(generation, sampling, wording, signal),
    failure: (error: EngineError) => `data: ${JSON.stringify(error.body)}\n\n`,
    end: 'data: [DONE]\n\n'
  }
}

function wholeAnswer(generation: Generation, wording: Wording): object {
  return {
    id: wording.id,
    object: wording.object,
    created: wording.created,
    model: wording.model,
    choices: generation.choices.map((choice, index) => wording.whole(index, choice)),
    service_tier: null,
    system_fingerprint: null,
    usage: usageOf(generation),
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null
  }
}

async function* events(
  generation: Generation,
  sampling: Sampling,
  wording: Wording,
  signal: AbortSignal
): AsyncGenerator<string> {
  const { choices, promptTokens } = generation
  const frame = chunkFrame(wording)
  const counts = choices.map(() => 0)
  const usage = (index: number) => (sampling.continuousUsage ? runningUsage(promptTokens, counts[index] ?? 0) : '')
  let first = wording.firstChunk?.()
  for await (const { index, step } of generate(generation, signal)) {
    // As vLLM does it: the role is told when there is a token to tell.
    if (first !== undefined) yield choices.map((_, choice) => frame(first?.(choice) ?? '', usage(choice))).join('')
    first = undefined
    counts[index] = (counts[index] ?? 0) + 1
    const last = counts[index] === choices[index]?.steps.length ? choices[index] : undefined
    yield frame(wording.stepChunk(index, step, last), usage(index))
  }
  if (signal.aborted) return
  // A choice that a stop string cut to nothing has no token to end with.
  for (const [index, choice] of choices.entries()) {
    if (choice.steps.length > 0) continue
    yield frame(first?.(index) ?? '', usage(index)) + frame(wording.lastChunk(index, choice), usage(index))
  }
  if (sampling.includeUsage) yield frame('', JSON.stringify(usageOf(generation)))
}

/** The parts of a chunk that never change are written once. */
function chunkFrame(wording: Wording): (choice: string, usage: string) => string {
  const { id, chunkObject: object, created, model } = wording
  const head = `data: ${JSON.stringify({ id, object, created, model }).slice(0, -1)},"choices":[`
  return (choice, usage) => `${head}${choice}]${usage === '' ? '' : `,"usage":${usage}`}}\n\n`
}
