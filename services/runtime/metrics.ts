import type { RequestListener } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type HttpServer, startHttpServer } from './http.ts'
import type { ListenConfig } from './listen.ts'

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

/** Serves `GET /metrics`. Refuses an address other than loopback without TLS files. */
export async function startMetricsServer(config: ListenConfig, metrics: Metrics): Promise<HttpServer> {
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
  return startHttpServer(config, listener)
}

function readOnScrape(read: () => number): { collect(this: Gauge): void } {
  return {
    collect() {
      this.set(read())
    }
  }
}
