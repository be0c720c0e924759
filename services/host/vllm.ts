import { type Dispatcher, Pool } from 'undici'
import { ServiceError } from '../runtime/errors.ts'
import { isLoopback } from '../runtime/listen.ts'
import { EngineBody } from './engine-body.ts'
import { type EngineFacts, readEngineFacts } from './engine-facts.ts'

/** The engine's answer as it comes; leaving the loop over `body` early hangs up. */
export interface EngineAnswer {
  readonly status: number
  /** Lower case, with its parameters; empty when there is none. */
  readonly contentType: string
  readonly body: AsyncIterable<Uint8Array>
}

/** What the engine is to answer. */
export interface EngineRequest {
  readonly path: string
  readonly contentType: string
  readonly body: Uint8Array
}

/** vLLM's OpenAI server beside the agent in the same guest. */
export interface Engine extends AsyncDisposable {
  /** POSTs. `signal` hangs up, which makes vLLM abort the request. Throws ENGINE_UNAVAILABLE. */
  send(request: EngineRequest, signal: AbortSignal): Promise<EngineAnswer>
  healthy(): Promise<boolean>
  /** What it says of itself; the worst where it says nothing. */
  facts(): Promise<EngineFacts>
}

const HEALTH_TIMEOUT_MS = 5_000
const MOST_DESCRIPTION_BYTES = 16 * 1024 * 1024

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
    send: (request, signal) => send(pool, request, signal),
    healthy: () => healthy(health),
    facts: async () => readEngineFacts(await readText(health, '/metrics'), await readText(health, '/openapi.json')),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([pool.destroy(), health.destroy()])
    }
  }
}

function send(pool: Pool, { path, contentType, body }: EngineRequest, signal: AbortSignal): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const call = new EngineCall(resolve, (cause) => {
      reject(new ServiceError('ENGINE_UNAVAILABLE', 'the engine did not answer', { cause }))
    })
    signal.addEventListener('abort', () => call.hangUp(), { once: true })
    if (signal.aborted) call.hangUp()
    else pool.dispatch({ method: 'POST', path, headers: { 'content-type': contentType, accept: '*/*' }, body }, call)
  })
}

/** One request on its way: what undici tells of it, without a stream of Node's between. */
class EngineCall implements Dispatcher.DispatchHandler {
  readonly #answered: (answer: EngineAnswer) => void
  readonly #failed: (error: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #body: EngineBody | undefined
  #hungUp = false
  #over = false

  constructor(answered: (answer: EngineAnswer) => void, failed: (error: unknown) => void) {
    this.#answered = answered
    this.#failed = failed
  }

  hangUp(): void {
    if (this.#over) return
    this.#hungUp = true
    const error = new ServiceError('CANCELLED', 'the request was hung up on')
    if (this.#controller === undefined) this.onResponseError(undefined, error)
    else this.#controller.abort(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#hungUp) controller.abort(new ServiceError('CANCELLED', 'the request was hung up on'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>
  ): void {
    // Informational: the answer's own head is still to come.
    if (status < 200) return
    const flow = {
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      hangUp: () => this.hangUp()
    }
    this.#body = new EngineBody(flow)
    const contentType = String(headers['content-type'] ?? '').toLowerCase()
    this.#answered({ status, contentType, body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Uint8Array): void {
    this.#body?.push(bytes)
  }

  onResponseEnd(): void {
    this.#over = true
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#over = true
    if (this.#body === undefined) this.#failed(error)
    else this.#body.fail(error)
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

/** Undefined where the engine has no such page, or one that is too long. */
async function readText(pool: Pool, path: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS)
    const { statusCode, body } = await pool.request({ method: 'GET', path, signal })
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of body as AsyncIterable<Uint8Array>) {
      length += part.byteLength
      if (length > MOST_DESCRIPTION_BYTES) return undefined
      parts.push(part)
    }
    return statusCode === 200 ? Buffer.concat(parts).toString('utf8') : undefined
  } catch {
    return undefined
  }
}
