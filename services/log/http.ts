import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type HttpServer, startHttpServer } from '../runtime/http.ts'
import type { ListenConfig } from '../runtime/listen.ts'
import type { Logger } from '../runtime/log.ts'
import type { Heads } from './heads.ts'
import { type PublicFile, readPublicFile } from './public-files.ts'
import type { LogStore } from './store.ts'

export interface PublicContext {
  readonly store: LogStore
  readonly heads: Heads
  readonly logger: Logger
}

const MAX_URL = 256
const FOR_EVER = 'public, max-age=31536000, immutable'
const NOT_LONG = 'public, max-age=1'
const compress = promisify(gzip)

/** Serves what strangers read of the log to GET and HEAD, for every origin: it is public. */
export function startPublicHttp(config: ListenConfig, context: PublicContext): Promise<HttpServer> {
  return startHttpServer(config, (request, response) => {
    answer(request, response, context).catch((error: unknown) => {
      context.logger.warn('public file not served', {}, error)
      if (response.headersSent) response.destroy()
      else end(response, 503)
    })
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, context: PublicContext): Promise<void> {
  const { method, url = '' } = request
  if (method !== 'GET' && method !== 'HEAD') return end(response, 405, { allow: 'GET, HEAD' })
  if (url.length > MAX_URL || !url.startsWith('/')) return end(response, 404)
  const file = await readPublicFile(url.slice(1), context.heads.newest(), context.store)
  if (file === undefined) return end(response, 404)
  const zipped = url.startsWith('/tile/entries/') && acceptsGzip(request)
  const body = zipped ? await compress(file.body) : file.body
  response.writeHead(200, {
    ...headersOf(file),
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    'content-length': body.byteLength
  })
  response.end(method === 'HEAD' ? undefined : body)
}

function headersOf({ contentType, isImmutable }: PublicFile): Record<string, string> {
  return {
    'content-type': contentType,
    'cache-control': isImmutable ? FOR_EVER : NOT_LONG,
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding'
  }
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(String(headers['accept-encoding'] ?? ''))
}

// What is not there yet may be there in a moment.
function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'cache-control': 'no-store', 'content-length': 0, ...headers }).end()
}
