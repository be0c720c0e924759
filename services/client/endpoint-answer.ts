import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { concatBytes } from '../../attestation/encoding.ts'
import { MAX_INPUT } from '../../attestation/session/meta.ts'
import { isEventStream } from './answer-response.ts'
import type { BombyxClient } from './client.ts'
import { ClientError } from './errors.ts'
import { errorEvent, errorResponse } from './openai-errors.ts'
import { BASE_URL, SEALED_HEADERS } from './routes.ts'

/**
 * Carries one HTTP request through the client. A caller that hangs up cancels it at the host. Throws, after it has answered,
 * what is no error of the client's.
 */
export async function answerHttp(
  client: Pick<BombyxClient, 'fetch'>,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const hungUp = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) hungUp.abort()
  })
  // Followed by `close`, which is what counts.
  response.on('error', () => {})
  try {
    await writeResponse(await fetchFor(client, request, hungUp.signal), response, hungUp.signal)
  } catch (error) {
    // Nobody is left to tell.
    if (hungUp.signal.aborted) return
    breakOff(response, error)
    if (!(error instanceof ClientError)) throw error
  }
}

async function fetchFor(
  client: Pick<BombyxClient, 'fetch'>,
  request: IncomingMessage,
  signal: AbortSignal
): Promise<Response> {
  const method = request.method ?? 'GET'
  try {
    if (method !== 'GET' && method !== 'POST') throw new ClientError('ROUTE_UNKNOWN', `no route takes ${method}`)
    const body = method === 'POST' ? await readBody(request) : null
    return await client.fetch(targetUrl(request), { method, headers: readHeaders(request), body, signal })
  } catch (error) {
    if (error instanceof ClientError) return errorResponse(error)
    throw error
  }
}

/** Path and query under the client's own address, whatever host the request line names. */
function targetUrl(request: IncomingMessage): URL {
  try {
    const { pathname, search } = new URL(request.url ?? '/', BASE_URL)
    return new URL(pathname + search, BASE_URL)
  } catch (cause) {
    throw new ClientError('REQUEST_INVALID', 'the request names no path', { cause })
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    length += piece.byteLength
    if (length > MAX_INPUT) throw new ClientError('TOO_LARGE', 'a request is at most 64 MiB, padding included')
    pieces.push(piece)
  }
  return concatBytes(...pieces) as Uint8Array<ArrayBuffer>
}

function readHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const name of SEALED_HEADERS) {
    const value = request.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  return headers
}

async function writeResponse(answer: Response, response: ServerResponse, hungUp: AbortSignal): Promise<void> {
  const stream = isEventStream(answer.headers)
  for (const [name, value] of answer.headers) response.setHeader(name, value)
  if (stream) response.setHeader('cache-control', 'no-store')
  response.statusCode = answer.status
  if (!stream) {
    const content = new Uint8Array(await answer.arrayBuffer())
    response.setHeader('content-length', content.byteLength)
    response.end(content)
    return
  }
  response.flushHeaders()
  for await (const piece of answer.body ?? []) {
    if (!response.write(piece)) await once(response, 'drain', { signal: hungUp })
  }
  response.end()
}

/** A stream that has begun ends with the reason and without the end of its HTTP body, so that nobody takes it for whole. */
function breakOff(response: ServerResponse, error: unknown): void {
  const shown = error instanceof ClientError ? error : new ClientError('ANSWER_MALFORMED', 'the answer broke off')
  if (!response.headersSent) {
    response.writeHead(502, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: shown.message, type: 'server_error', param: null, code: null } }))
    return
  }
  response.write(errorEvent(shown), () => response.destroy())
}
