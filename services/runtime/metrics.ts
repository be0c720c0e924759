import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { ServiceError } from './errors.ts'
import { formatHostPort, type ListenConfig, parseHostPort, readListenTls } from './listen.ts'

/** What a gRPC server counts of each call. */
export interface CallMetrics {
  observeCall(method: string, code: string, seconds: number): void
}

/** Names start with `bombyx_`; labels are of few values, never ids. */
export interface Metrics extends CallMetrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter
  /** With `read`, the value is asked for when it is scraped. */
  gauge(name: string, help: string, read?: () => number): Gauge
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram
  /** The text of a scrape. */
  text(): Promise<string>
}

const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A registry of one service. `process: true` adds what Node tells of the process. */
export function createMetrics(service: string, options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  if (options.process === true) collectDefaultMetrics({ register: registry, prefix: 'bombyx_' })
  const registers = [registry]
  const calls = new Histogram({
    name: 'bombyx_grpc_call_seconds',
    help: 'Time a gRPC call took, by method and code',
    labelNames: ['method', 'code'],
    buckets: CALL_BUCKETS,
    registers
  })
  return {
    observeCall: (method, code, seconds) => calls.observe({ method, code }, seconds),
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, read) =>
      new Gauge({ name, help, registers, ...(read === undefined ? {} : readOnScrape(read)) }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames, registers }),
    text: () => registry.metrics()
  }
}

export interface MetricsServer extends AsyncDisposable {
  readonly authority: string
}

/** Serves `GET /metrics`. Refuses an address other than loopback without TLS files. */
export async function startMetricsServer(config: ListenConfig, metrics: Metrics): Promise<MetricsServer> {
  const tls = await readListenTls(config)
  const listener: RequestListener = (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end()
    )
  }
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

function readOnScrape(read: () => number): { collect(this: Gauge): void } {
  return {
    collect() {
      this.set(read())
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
