import { type EngineService, startEngine } from '../../services/network/engine/start.ts'
import type { TestEngine } from './network.ts'

export interface EngineUnderTest extends TestEngine, AsyncDisposable {
  /** A model answers, in words that nobody can foresee. */
  readonly real: boolean
  /** Whether the engine has the route. */
  has(path: string): boolean
}

/**
 * vLLM where `VLLM_URL` names one (`npm run test:vllm`), else the demonstration engine without a prefix cache, so that
 * the host serves every route of it.
 */
export async function openEngineUnderTest(): Promise<EngineUnderTest> {
  const url = process.env.VLLM_URL
  return url === undefined ? demonstration() : realEngine(url)
}

export const REAL_ENGINE = process.env.VLLM_URL !== undefined

async function demonstration(): Promise<EngineUnderTest> {
  const model = 'bombyx/demonstration'
  const config = { listen: '127.0.0.1:0', models: [model], maxModelLength: 4_000_000, tokenDelayMs: 0 }
  const engine: EngineService = await startEngine({ ...config, prefixCaching: false })
  return {
    url: engine.url,
    model,
    real: false,
    has: () => true,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]()
  }
}

async function realEngine(url: string): Promise<EngineUnderTest> {
  const models = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] }
  const openapi = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, unknown> }
  return {
    url,
    model: models.data[0]?.id ?? '',
    real: true,
    has: (path) => Object.hasOwn(openapi.paths, path),
    [Symbol.asyncDispose]: () => Promise.resolve()
  }
}

/** Requests that the engine runs now, by its own count. */
export async function requestsRunning(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^vllm:num_requests_running\S* (\d+)/m.exec(metrics)?.[1])
}
