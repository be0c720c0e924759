import {
  Server,
  ServerCredentials,
  type ServerOptions,
  type ServiceDefinition,
  type UntypedHandleCall,
  type UntypedServiceImplementation
} from '@grpc/grpc-js'
import type { PackageDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { HealthImplementation } from 'grpc-health-check'
import { ServiceError } from './errors.ts'
import { STOPPING } from './grpc-handlers.ts'
import { formatHostPort, type ListenConfig, parseHostPort, readListenTls, type TlsPems } from './listen.ts'
import { type Logger, silentLogger } from './log.ts'
import type { CallMetrics } from './metrics.ts'
import type { StatusError } from './status.ts'

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

/** The largest message either way: a blob of 4 MiB and its envelope. */
export const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024 + 4096
const DEFAULT_GRACE_MS = 5000

const SERVER_OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0
}

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
  const server = new Server(SERVER_OPTIONS)
  const standing = new Set<StandingCall>()
  const observer: Observer = { logger: config.logger ?? silentLogger, metrics: config.metrics, standing }
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
      for (const call of standing) call.emit(STOPPING)
      await shutDown(server, config.graceMs ?? DEFAULT_GRACE_MS)
    }
  }
}

interface StandingCall {
  emit(event: symbol): boolean
}

interface Observer {
  readonly logger: Logger
  readonly metrics: CallMetrics | undefined
  readonly standing: Set<StandingCall>
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
    handler(call, (error, ...rest) => {
      end(error ?? undefined)
      callback(error, ...rest)
    })
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

async function shutDown(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  const force = setTimeout(() => server.forceShutdown(), graceMs)
  await closed
  clearTimeout(force)
}
