import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedHandleCall,
  type UntypedServiceImplementation
} from '@grpc/grpc-js'
import type { PackageDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { HealthImplementation } from 'grpc-health-check'
import { ServiceError } from './errors.ts'
import { STOPPING } from './grpc-handlers.ts'
import { SHARED_OPTIONS } from './grpc-options.ts'
import { widenServerWindows } from './http2-windows.ts'
import { formatHostPort, type ListenConfig, parseHostPort, readListenTls, type TlsPems } from './listen.ts'
import { type Logger, silentLogger } from './log.ts'
import type { CallMetrics } from './metrics.ts'
import { type StatusError, toStatus } from './status.ts'

/** One service and its handlers, made with `bindService`. */
export interface ServiceBinding {
  readonly definition: ServiceDefinition
  readonly handlers: UntypedServiceImplementation
}

export interface GrpcServerConfig extends ListenConfig {
  readonly services: readonly ServiceBinding[]
  /** All loaded .proto files (`proto/load.ts`); server reflection tells of the services bound here. */
  readonly reflection: PackageDefinition
  readonly logger?: Logger
  readonly metrics?: CallMetrics
  /** How long calls in flight may go on after a stop, in milliseconds; 5 s when absent. */
  readonly graceMs?: number
}

export interface GrpcServer extends AsyncDisposable {
  /** `host:port` as bound. */
  readonly authority: string
  readonly port: number
  /** What the health service says of every service here; serving from the start. */
  setServing(serving: boolean): void
}

export type { Call } from './grpc-handlers.ts'
export { authorise, duplex, serverStream, unary } from './grpc-handlers.ts'

const DEFAULT_GRACE_MS = 5000
const CUT_MS = 500

/** Handlers are checked against the generated type: `bindService<VerifierHandlers>(bombyxV1.Verifier.service, {…})`. */
export function bindService<Handlers extends UntypedServiceImplementation>(
  definition: ServiceDefinition,
  handlers: NoInfer<Handlers>
): ServiceBinding {
  return { definition, handlers }
}

/**
 * Listens with the services given, health and reflection. Refuses an address other than loopback without TLS files.
 * Stopping lets unary calls end within the grace, ends server streams at once, then cuts what is left.
 */
export async function startGrpcServer(config: GrpcServerConfig): Promise<GrpcServer> {
  const tls = await readListenTls(config)
  widenServerWindows()
  const server = new Server(SHARED_OPTIONS)
  const observer: Observer = {
    logger: config.logger ?? silentLogger,
    metrics: config.metrics,
    standing: new Set(),
    pending: new Set()
  }
  for (const { definition, handlers } of config.services) {
    server.addService(definition, observeHandlers(definition, handlers, observer))
  }
  const health = addHealth(server, config.services)
  addReflection(server, config)
  const { host, port: wanted } = parseHostPort(config.listen)
  const port = await bind(server, formatHostPort({ host, port: wanted }), tls)
  return {
    authority: formatHostPort({ host, port }),
    port,
    setServing: (serving) => health(serving),
    async [Symbol.asyncDispose]() {
      health(false)
      for (const call of observer.standing) call.emit(STOPPING)
      await shutDown(server, observer, config.graceMs ?? DEFAULT_GRACE_MS)
    }
  }
}

type EndCall = (error: StatusError) => void

interface Observer {
  readonly logger: Logger
  readonly metrics: CallMetrics | undefined
  readonly standing: Set<NodeJS.EventEmitter>
  /** Ends a call whose handler has not answered. */
  readonly pending: Set<EndCall>
}

// Every handler is wrapped once: faults of ours are logged with their cause, calls are counted, streams are known.
function observeHandlers(
  definition: ServiceDefinition,
  handlers: UntypedServiceImplementation,
  observer: Observer
): UntypedServiceImplementation {
  const observed: UntypedServiceImplementation = {}
  for (const [name, method] of Object.entries(definition)) {
    const handler = handlers[name]
    if (handler === undefined) throw new TypeError(`no handler for ${method.path}`)
    observed[name] = method.responseStream
      ? observeStream(method.path, handler as StreamHandler, observer)
      : observeUnary(method.path, handler as UnaryHandler, observer)
  }
  return observed
}

type UnaryCallback = (error: StatusError | null, ...rest: unknown[]) => void
type UnaryHandler = (call: unknown, callback: UnaryCallback) => void
type StreamHandler = (call: NodeJS.EventEmitter) => void

function observeUnary(path: string, handler: UnaryHandler, observer: Observer): UntypedHandleCall {
  const observed: UnaryHandler = (call, callback) => {
    const end = begin(path, observer)
    const answer: UnaryCallback = (error, ...rest) => {
      if (!observer.pending.delete(answer)) return
      end(error ?? undefined)
      callback(error, ...rest)
    }
    observer.pending.add(answer)
    handler(call, answer)
  }
  return observed as UntypedHandleCall
}

function observeStream(path: string, handler: StreamHandler, observer: Observer): UntypedHandleCall {
  const observed: StreamHandler = (call) => {
    const end = begin(path, observer)
    observer.standing.add(call)
    let failure: StatusError | undefined
    call.once('error', (error: StatusError) => {
      failure = error
    })
    const over = (): void => {
      if (observer.standing.delete(call)) end(failure)
    }
    for (const event of ['close', 'finish', 'cancelled']) call.once(event, over)
    handler(call)
  }
  return observed as unknown as UntypedHandleCall
}

function begin(path: string, { logger, metrics }: Observer): (error?: StatusError) => void {
  const startedAt = performance.now()
  return (error) => {
    const code = error === undefined ? 'OK' : (error.metadata?.get('bombyx-code')[0]?.toString() ?? 'INTERNAL')
    metrics?.observeCall(path, code, (performance.now() - startedAt) / 1000)
    if (code === 'INTERNAL') logger.error('call failed', { method: path }, error?.cause ?? error)
    else if (code !== 'OK') logger.debug('call refused', { method: path, code })
  }
}

function addHealth(server: Server, services: readonly ServiceBinding[]): (serving: boolean) => void {
  const names = ['', ...services.map(({ definition }) => serviceName(definition))]
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING'] as const)))
  health.addToServer(server)
  return (serving) => {
    for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING')
  }
}

function addReflection(server: Server, { reflection, services }: GrpcServerConfig): void {
  const names = services.map(({ definition }) => serviceName(definition))
  new ReflectionService(reflection, { services: names }).addToServer(server)
}

function serviceName(definition: ServiceDefinition): string {
  const [method] = Object.values(definition)
  if (method === undefined) throw new TypeError('a service has methods')
  return method.path.split('/')[1] ?? ''
}

function bind(server: Server, address: string, tls: TlsPems | undefined): Promise<number> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.clientCa ?? null,
          [{ private_key: tls.key, cert_chain: tls.cert }],
          tls.clientCa !== undefined
        )
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, port) => {
      if (cause === null) resolve(port)
      else reject(new ServiceError('CONFIG_INVALID', `cannot listen on ${address}`, { cause }))
    })
  })
}

// After the grace callers are told, so that they try elsewhere; a connection that then does not close is cut.
async function shutDown(server: Server, { standing, pending }: Observer, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  const status = toStatus(new ServiceError('UNAVAILABLE', 'the server is stopping'))
  const tell = setTimeout(() => {
    for (const answer of pending) answer(status)
    for (const call of standing) call.emit('error', status)
  }, graceMs)
  const cut = setTimeout(() => server.forceShutdown(), graceMs + CUT_MS)
  await closed
  clearTimeout(tell)
  clearTimeout(cut)
}
