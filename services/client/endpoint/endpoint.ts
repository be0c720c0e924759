import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { HttpField } from '../../../attestation/session/bhttp.ts'
import { formatHostPort, type ListenConfig, parseHostPort, readListenTls, requireTokens } from '../../runtime/listen.ts'
import type { TokenList } from '../../runtime/tokens.ts'
import type { BombyxClient } from '../client.ts'
import { answerHttp } from './answer.ts'
import { type GuardRefusal, type GuardRules, refuseCaller } from './guard.ts'

/** `listen` is loopback, unless TLS files and tokens are given. */
export interface EndpointOptions extends ListenConfig {
  readonly client: Pick<BombyxClient, 'ask'>
  /** API keys of this endpoint's own callers; none on loopback: any key will do. */
  readonly tokens?: TokenList
  /** Names that `Host` may carry beside loopback's own. */
  readonly hostNames?: readonly string[]
  /** Origins whose pages may call; none by default. */
  readonly origins?: readonly string[]
  /** Told of what should not happen: an error that is none of the client's own. */
  readonly onFault?: (error: unknown) => void
}

export interface Endpoint extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string
}

const NO_SNIFFING: HttpField = ['x-content-type-options', 'nosniff']
const KEEP_ALIVE_MS = 75_000
const CORS_HEADERS = 'authorization, content-type, accept, bombyx-cache'
const EXPOSED_HEADERS =
  'x-bombyx-host, x-bombyx-session, x-bombyx-request, x-bombyx-receipt, x-bombyx-verdict, x-bombyx-error, retry-after'

/**
 * Serves the OpenAI API over HTTP on this machine: every inference route goes through the client, sealed. Refuses with
 * CONFIG_INVALID to listen where others can reach without TLS files and tokens.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const tls = await readListenTls(options)
  const rules: GuardRules = {
    hostNames: (options.hostNames ?? []).map((name) => name.toLowerCase()),
    origins: options.origins ?? [],
    tokens: requireTokens(options, options.tokens)
  }
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    handleRequest(options.client, rules, request, response).catch((error: unknown) => options.onFault?.(error))
  }
  const server =
    tls === undefined ? createHttpServer(handle) : createHttpsServer({ cert: tls.cert, key: tls.key }, handle)
  // Longer than clients keep idle connections, so that none sends into one that is being closed.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const { host, port } = parseHostPort(options.listen)
  const bound = await listen(server, host, port)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${formatHostPort({ host, port: bound })}`,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await ended
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

async function handleRequest(
  { ask }: EndpointOptions['client'],
  rules: GuardRules,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const preflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  // A preflight carries no credentials.
  const refusal = refuseCaller(request.headers, preflight ? { ...rules, tokens: undefined } : rules)
  if (refusal !== undefined) {
    refuse(response, refusal)
    return
  }
  const headers = [NO_SNIFFING, ...allowOrigin(request.headers.origin)]
  if (preflight) response.writeHead(204, headers.flat()).end()
  else await answerHttp(ask, { request, response, headers })
}

function refuse(response: ServerResponse, { status, code, message }: GuardRefusal): void {
  const headers = [NO_SNIFFING, ['content-type', 'application/json'], ['connection', 'close']]
  response.writeHead(status, headers.flat())
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } }))
}

function allowOrigin(origin: string | undefined): readonly HttpField[] {
  if (origin === undefined) return []
  return [
    ['access-control-allow-origin', origin],
    ['access-control-allow-headers', CORS_HEADERS],
    ['access-control-allow-methods', 'GET, POST'],
    ['access-control-expose-headers', EXPOSED_HEADERS],
    ['vary', 'origin']
  ]
}
