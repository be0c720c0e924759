import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ServiceError } from './errors.ts'
import { formatHostPort, type ListenConfig, parseHostPort, readListenTls } from './listen.ts'

export interface HttpServer extends AsyncDisposable {
  /** `host:port` as bound. */
  readonly authority: string
}

/** Listens over HTTP, or over HTTPS with TLS files. Refuses an address other than loopback without them. */
export async function startHttpServer(config: ListenConfig, listener: RequestListener): Promise<HttpServer> {
  const tls = await readListenTls(config)
  const server =
    tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer(
          {
            cert: tls.cert,
            key: tls.key,
            ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true })
          },
          listener
        )
  const { host, port } = parseHostPort(config.listen)
  const bound = await listen(server, host, port)
  return {
    authority: formatHostPort({ host, port: bound }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new ServiceError('CONFIG_INVALID', `cannot listen on ${host}:${port}`, { cause }))
    )
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
