import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completeContext, type ServiceContext } from '../../runtime/context.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { formatHostPort, isLoopback, parseHostPort } from '../../runtime/listen.ts'
import type { EngineConfig } from './config.ts'
import { createCall, createEngine, type Engine } from './engine.ts'
import { EngineError } from './errors.ts'
import { sendJson } from './http.ts'
import { findRoute } from './routes.ts'

export interface EngineService extends AsyncDisposable {
  /** `host:port` */
  readonly authority: string
  /** `http://host:port` */
  readonly url: string
  /** Requests that run now. */
  readonly running: number
}

/** Starts the stand-in. It has neither TLS nor authentication, so it refuses to listen anywhere but on loopback. */
export async function startEngine(config: EngineConfig, context?: Partial<ServiceContext>): Promise<EngineService> {
  const { now } = completeContext('engine', context)
  const { host, port } = parseHostPort(config.listen)
  if (!isLoopback(host)) throw new ServiceError('CONFIG_INVALID', `${config.listen} is not loopback`)
  const engine = createEngine(config, now().getTime())
  const server = createServer((request, response) => void handle(engine, request, response))
  server.listen(port, host)
  await once(server, 'listening')
  const bound = server.address() as AddressInfo
  const authority = formatHostPort({ host: bound.address, port: bound.port })
  return {
    authority,
    url: `http://${authority}`,
    get running() {
      return engine.metrics.running
    },
    [Symbol.asyncDispose]: () => stop(server)
  }
}

async function handle(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    await findRoute(request.method ?? 'GET', path)(createCall(engine, request, response))
  } catch (error) {
    if (response.headersSent) {
      response.destroy()
      return
    }
    const refusal = error instanceof EngineError ? error : new EngineError(500, 'InternalServerError', String(error))
    sendJson(response, refusal.body, refusal.status)
  }
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
