import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { EngineError, invalidBody } from './errors.ts'
import { isObject, type JsonObject } from './fields.ts'

const MOST_BODY_BYTES = 96 * 1024 * 1024

/** Reads a JSON object. Refuses another content type, what is not JSON, and what is over 96 MiB, as vLLM does. */
export async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new EngineError(400, 'Bad Request', "Unsupported Media Type: Only 'application/json' is allowed")
  }
  const text = (await readBytes(request)).toString('utf8')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : 'unreadable'
    throw new EngineError(400, 'Bad Request', `1 validation error: {'type': 'json_invalid', 'msg': '${problem}'}`)
  }
  if (!isObject(body)) throw invalidBody('', 'Input should be a valid dictionary')
  return body
}

/** Reads a multipart form as FastAPI does: what it cannot read has no fields. Limits are those of `readJson`. */
export async function readForm(request: IncomingMessage): Promise<FormData> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const body = new Uint8Array(await readBytes(request))
  return await new Response(body, { headers }).formData().catch(() => new FormData())
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.byteLength
    if (length > MOST_BODY_BYTES) throw new EngineError(413, 'Request Entity Too Large', 'Request body is too large')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  sendText(response, JSON.stringify(body), 'application/json', status)
}

export function sendText(response: ServerResponse, text: string, type: string, status = 200): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

export function startEventStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  // As uvicorn does: the head is out before the model has begun.
  response.flushHeaders()
}

/** Writes and, when the reader is slow, waits for it or for `signal`. */
export async function writePaced(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text) || signal.aborted) return
  await once(response, 'drain', { signal }).catch(() => undefined)
}

/** Aborts when the caller hangs up before the answer is whole. */
export function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}
