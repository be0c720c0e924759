import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { concatBytes } from '../../../attestation/encoding.ts'
import type { HttpField } from '../../../attestation/session/bhttp.ts'
import { MAX_INPUT } from '../../../attestation/session/meta.ts'
import { ClientError } from '../errors.ts'
import { errorAnswer, errorEvent } from '../openai/errors.ts'
import type { AnswerStream, Ask, PlainAnswer, PlainRequest } from '../openai/plain-http.ts'
import { BASE_URL } from '../openai/routes.ts'

/** One request at the endpoint, and the headers that it puts on every answer. */
export interface EndpointCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: readonly HttpField[]
}

const NO_BODY = new Uint8Array(0)

/**
 * Carries one HTTP request through the client. A caller that hangs up cancels it at the host. Throws, after it has answered,
 * what is no error of the client's.
 */
export async function answerHttp(ask: Ask, call: EndpointCall): Promise<void> {
  const { request, response } = call
  const hungUp = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) hungUp.abort()
  })
  // Followed by `close`, which is what counts.
  response.on('error', () => {})
  try {
    await writeAnswer(await answerTo(ask, request, hungUp.signal), call, hungUp.signal)
  } catch (error) {
    // Nobody is left to tell.
    if (hungUp.signal.aborted) return
    breakOff(response, error)
    if (!(error instanceof ClientError)) throw error
  }
}

async function answerTo(ask: Ask, request: IncomingMessage, signal: AbortSignal): Promise<PlainAnswer> {
  try {
    return await ask(await readRequest(request), signal)
  } catch (error) {
    if (error instanceof ClientError) return errorAnswer(error)
    throw error
  }
}

async function readRequest(request: IncomingMessage): Promise<PlainRequest> {
  const { method = 'GET', headers } = request
  const target = targetOf(request.url ?? '/')
  const at = target.indexOf('?')
  return {
    method,
    path: at < 0 ? target : target.slice(0, at),
    query: at < 0 ? '' : target.slice(at),
    header: (name) => {
      const value = headers[name]
      return typeof value === 'string' ? value : undefined
    },
    body: method === 'GET' ? NO_BODY : await readBody(request)
  }
}

/** Path and query, whatever host the request line names. */
function targetOf(url: string): string {
  if (url.startsWith('/')) return url
  try {
    const { pathname, search } = new URL(url, BASE_URL)
    return pathname + search
  } catch (cause) {
    throw new ClientError('REQUEST_INVALID', 'the request names no path', { cause })
  }
}

function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    request.on('data', (piece: Uint8Array) => {
      length += piece.byteLength
      if (length <= MAX_INPUT) pieces.push(piece)
      else reject(new ClientError('TOO_LARGE', 'a request is at most 64 MiB, padding included'))
    })
    request.once('end', () => resolve(concatBytes(...pieces)))
    request.once('error', reject)
  })
}

async function writeAnswer(
  { status, headers, content }: PlainAnswer,
  call: EndpointCall,
  hungUp: AbortSignal
): Promise<void> {
  const { response } = call
  const fields = [...call.headers, ...headers]
  if (content instanceof Uint8Array) {
    fields.push(['content-length', String(content.byteLength)])
    response.writeHead(status, fields.flat()).end(content)
    return
  }
  fields.push(['cache-control', 'no-store'])
  response.writeHead(status, fields.flat())
  // In one packet with what has come already, and without it when nothing has.
  const flushing = setImmediate(() => response.flushHeaders())
  try {
    await writeStream(content, response, hungUp)
  } catch (error) {
    content.cancel(error)
    throw error
  } finally {
    clearImmediate(flushing)
  }
}

async function writeStream(content: AnswerStream, response: ServerResponse, hungUp: AbortSignal): Promise<void> {
  for (let piece = await content.next(); piece !== undefined; piece = await content.next()) {
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
