import { type LogSink, type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { startHaproxy } from '../rivals/haproxy.ts'
import type { Path } from './path.ts'

const MODEL = 'bench'

export const ENV = { PATH: process.env.PATH ?? '' }

/** A process of the bench or of a rival, by its file below test/bench. */
export function startBenchProcess(
  file: string,
  env: Readonly<Record<string, string>> = {},
  logs: LogSink = {}
): Promise<ServiceProcess> {
  return startProcess({ name: file, module: new URL(`../${file}`, import.meta.url), env: { ...ENV, ...env } }, logs)
}

export function directPath(engine: ServiceProcess, name = 'direct'): Path {
  return { name, url: `http://${engine.authority}`, model: MODEL, processes: { engine: engine.pid } }
}

/** A proxy of one hop in one process. */
export async function startProxyPath(
  stack: AsyncDisposableStack,
  engine: ServiceProcess,
  { name, file }: { readonly name: string; readonly file: string }
): Promise<Path> {
  const proxy = stack.use(await startBenchProcess(file, { BENCH_UPSTREAM: `http://${engine.authority}` }))
  const processes = { engine: engine.pid, proxy: proxy.pid }
  return { name, url: `http://${proxy.authority}`, model: MODEL, processes, middle: 'proxy' }
}

export async function startHaproxyPath(stack: AsyncDisposableStack, engine: ServiceProcess): Promise<Path> {
  const haproxy = stack.use(await startHaproxy(engine.authority))
  const processes = { engine: engine.pid, proxy: haproxy.pid }
  return { name: 'haproxy', url: `http://${haproxy.authority}`, model: MODEL, processes, middle: 'proxy' }
}

/** Endpoint, relay and host of the relay that makes one gRPC call a request. */
export async function startGrpcPath(stack: AsyncDisposableStack, engine: ServiceProcess): Promise<Path> {
  const host = stack.use(await startGrpcProcess('host', `http://${engine.authority}`))
  const relay = stack.use(await startGrpcProcess('relay', host.authority))
  const endpoint = stack.use(await startGrpcProcess('endpoint', relay.authority))
  const processes = { engine: engine.pid, host: host.pid, relay: relay.pid, endpoint: endpoint.pid }
  return { name: 'gRPC a request', url: `http://${endpoint.authority}`, model: MODEL, processes, middle: 'relay' }
}

/** The same without a relay: an endpoint and a host, and what lies between them. */
export async function startGrpcHop(
  stack: AsyncDisposableStack,
  engine: ServiceProcess,
  between: (host: string) => Promise<string>
): Promise<Path> {
  const host = stack.use(await startGrpcProcess('host', `http://${engine.authority}`))
  const endpoint = stack.use(await startGrpcProcess('endpoint', await between(host.authority)))
  const processes = { engine: engine.pid, host: host.pid, endpoint: endpoint.pid }
  return { name: 'grpc-js', url: `http://${endpoint.authority}`, model: MODEL, processes }
}

/** `role`: endpoint, relay or host. */
export function startGrpcProcess(
  role: string,
  upstream: string,
  { env = {}, logs = {} }: { readonly env?: Readonly<Record<string, string>>; readonly logs?: LogSink } = {}
): Promise<ServiceProcess> {
  return startBenchProcess('rivals/grpc-relay.ts', { ...env, BENCH_ROLE: role, BENCH_UPSTREAM: upstream }, logs)
}
