import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '../runtime/errors.ts'

export interface HttpReply {
  readonly body: Uint8Array
  /** By lower-case name; undefined when absent. */
  header(name: string): string | undefined
}

export interface HttpLimits {
  /** Tries in all. */
  readonly attempts: number
  /** Of one try, headers and body. */
  readonly timeoutMs: number
  /** Before the second try; doubled for each one after, up to `maxDelayMs`. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  readonly maxBytes: number
}

/** How a try failed: another may succeed, after `afterMs` where the server said so. */
class Passing extends Error {
  readonly afterMs: number

  constructor(message: string, afterMs = 0, options?: ErrorOptions) {
    super(message, options)
    this.afterMs = afterMs
  }
}

/** What is asked: a GET, or a POST of a body. */
export interface HttpRequest {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** `httpRequest` of a URL alone. */
export function httpGet(url: URL, limits: HttpLimits, signal: AbortSignal): Promise<HttpReply> {
  return httpRequest({ url }, limits, signal)
}

/**
 * Asks with a bound on size and time; what is posted must be fit to be posted twice. Overload (429), server faults (5xx) and broken connections are tried again with
 * exponential backoff and jitter, heeding `Retry-After` up to `maxDelayMs`. Throws `NOT_FOUND` for 404 and
 * `COLLATERAL_UNAVAILABLE` for everything else that is not 200. Redirects are refused.
 */
export async function httpRequest(request: HttpRequest, limits: HttpLimits, signal: AbortSignal): Promise<HttpReply> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryOnce(request, limits, signal)
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if (attempt >= limits.attempts || signal.aborted) {
        throw new ServiceError('COLLATERAL_UNAVAILABLE', `${request.url.origin}: ${error.message}`, { cause: error })
      }
      const backoff = limits.firstDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
      await sleep(Math.min(Math.max(backoff, error.afterMs), limits.maxDelayMs), undefined, { signal }).catch(() => {})
    }
  }
}

async function tryOnce(
  { url, headers = {}, body: posted }: HttpRequest,
  limits: HttpLimits,
  signal: AbortSignal
): Promise<HttpReply> {
  const method = posted === undefined ? {} : { method: 'POST', body: posted }
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)])
  const response = await passing(() => fetch(url, { redirect: 'error', headers, signal: until, ...method }))
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => {})
    throw refusalOf(response, url)
  }
  const body = await passing(() => readBounded(response, limits.maxBytes))
  return { body, header: (name) => response.headers.get(name) ?? undefined }
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > maxBytes) throw new ServiceError('COLLATERAL_UNAVAILABLE', `answer of more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function refusalOf(response: Response, { origin, pathname }: URL): Error {
  const { status } = response
  if (status === 404) return new ServiceError('NOT_FOUND', `${origin}${pathname} has nothing of that name`)
  if (status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? '0')
    return new Passing(`status ${status}`, Number.isFinite(seconds) ? seconds * 1000 : 0)
  }
  return new ServiceError('COLLATERAL_UNAVAILABLE', `${origin}${pathname} answered ${status}`)
}

// What fetch throws is a TypeError or a DOMException, whose cause says what broke.
async function passing<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    throw new Passing(cause instanceof Error ? cause.message : 'no answer', 0, { cause })
  }
}
