import { Pool } from 'undici'
import { ServiceError } from '../runtime/errors.ts'
import { isLoopback } from '../runtime/listen.ts'

/** The engine's answer as it comes; leaving the loop over `body` early hangs up. */
export interface EngineAnswer {
  readonly status: number
  /** Lower case, with its parameters; empty when there is none. */
  readonly contentType: string
  readonly body: AsyncIterable<Uint8Array>
}

/** vLLM's OpenAI server beside the agent in the same guest. */
export interface Engine extends AsyncDisposable {
  /** POSTs a JSON body. `signal` hangs up, which makes vLLM abort the request. Throws ENGINE_UNAVAILABLE. */
  send(path: string, body: Uint8Array, signal: AbortSignal): Promise<EngineAnswer>
  healthy(): Promise<boolean>
}

const HEALTH_TIMEOUT_MS = 5_000

/** Refuses every URL but http on loopback: prompts leave the guest in no other way than sealed. */
export function parseEngineUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (url?.protocol !== 'http:' || !isLoopback(host) || url.pathname !== '/' || url.username !== '') {
    throw new ServiceError('CONFIG_INVALID', 'VLLM_URL: http on a loopback address, without a path, is wanted')
  }
  return url
}

/** `connections` is how many requests run at once. Time limits are the callers'. */
export function connectEngine(url: URL, connections: number): Engine {
  const pool = new Pool(url.origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  // Its own connection: an engine that is busy is not ill.
  const health = new Pool(url.origin, { connections: 1 })
  return {
    send: (path, body, signal) => send(pool, path, body, signal),
    healthy: () => healthy(health),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([pool.destroy(), health.destroy()])
    }
  }
}

async function send(pool: Pool, path: string, body: Uint8Array, signal: AbortSignal): Promise<EngineAnswer> {
  try {
    const headers = { 'content-type': 'application/json', accept: '*/*' }
    const answer = await pool.request({ method: 'POST', path, headers, body, signal })
    const type = answer.headers['content-type'] ?? ''
    return { status: answer.statusCode, contentType: String(type).toLowerCase(), body: answer.body }
  } catch (cause) {
    throw new ServiceError('ENGINE_UNAVAILABLE', 'the engine did not answer', { cause })
  }
}

async function healthy(pool: Pool): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS)
    const answer = await pool.request({ method: 'GET', path: '/health', signal })
    await answer.body.dump()
    return answer.statusCode === 200
  } catch {
    return false
  }
}
