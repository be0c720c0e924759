import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { startHaproxy } from '../rivals/haproxy.ts'
import type { Path } from './path.ts'

const MODEL = 'bench'

export const ENV = { PATH: process.env.PATH ?? '' }

/** A process of the bench or of a rival, by its file below test/bench. */
export function startBenchProcess(file: string, env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  return startProcess({ name: file, module: new URL(`../${file}`, import.meta.url), env: { ...ENV, ...env } }, {})
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
  const start = async (role: string, upstream: string): Promise<ServiceProcess> =>
    stack.use(await startBenchProcess('rivals/grpc-relay.ts', { BENCH_ROLE: role, BENCH_UPSTREAM: upstream }))
  const host = await start('host', `http://${engine.authority}`)
  const relay = await start('relay', host.authority)
  const endpoint = await start('endpoint', relay.authority)
  const processes = { engine: engine.pid, host: host.pid, relay: relay.pid, endpoint: endpoint.pid }
  return { name: 'gRPC a request', url: `http://${endpoint.authority}`, model: MODEL, processes, middle: 'relay' }
}
