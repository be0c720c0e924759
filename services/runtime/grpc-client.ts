import {
  ChannelCredentials,
  type ChannelOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  InterceptingCall,
  type Interceptor,
  Metadata,
  makeGenericClientConstructor,
  type requestCallback,
  type ServiceDefinition
} from '@grpc/grpc-js'
import type { EnvReader } from './env.ts'
import { ServiceError } from './errors.ts'
import { SHARED_OPTIONS } from './grpc-options.ts'
import { isLoopback, parseHostPort, readPem } from './listen.ts'
import { fromStatus } from './status.ts'

export interface DialConfig {
  /** Path of the PEM file of the CA to trust; the system's roots when absent. Loopback without it is plaintext. */
  readonly tlsCa?: string
  /** Sent as `authorization: Bearer …` with every call. */
  readonly token?: string
}

export type ClientConstructor<C extends Client> = new (
  address: string,
  channelCredentials: ChannelCredentials,
  options?: Partial<ChannelOptions>
) => C

export interface CallLimits {
  /** From now, in milliseconds; 10 s when absent. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

const DEFAULT_DEADLINE_MS = 10_000

// The window is what a dialler can set and a server cannot: whoever receives much should have dialled (house-style.md).
const CHANNEL_OPTIONS: ChannelOptions = {
  ...SHARED_OPTIONS,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5000,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc-node.flow_control_window': 4 * 1024 * 1024
}

/** Reads BOMBYX_TLS_CA and BOMBYX_TOKEN. */
export function readDialConfig(env: EnvReader): DialConfig {
  const [tlsCa, token] = [env.optionalPath('BOMBYX_TLS_CA'), env.optionalSecret('BOMBYX_TOKEN')]
  return { ...(tlsCa === undefined ? {} : { tlsCa }), ...(token === undefined ? {} : { token }) }
}

/**
 * A client of a service. Plaintext goes to loopback only; every other authority is dialled with TLS, whatever the
 * configuration lacks. `ownConnection` gives the client a connection of its own, as links want.
 */
export async function connect<C extends Client>(
  Constructor: ClientConstructor<C>,
  authority: string,
  config: DialConfig & { readonly ownConnection?: boolean } = {}
): Promise<C> {
  const { host } = parseHostPort(authority)
  const options: ChannelOptions & { interceptors?: Interceptor[] } = { ...CHANNEL_OPTIONS }
  if (config.token !== undefined) options.interceptors = [addBearer(config.token)]
  if (config.ownConnection === true) options['grpc.use_local_subchannel_pool'] = 1
  return new Constructor(authority, await dialCredentials(host, config.tlsCa), options)
}

type UnaryMethod<Request, Response> = (argument: Request, callback: requestCallback<Response>) => unknown
type StreamMethod<Request, Response> = (argument: Request) => ClientReadableStream<Response>

/** The names of a client's methods of one shape. */
export type UnaryName<C> = {
  [Name in keyof C & string]: C[Name] extends UnaryMethod<infer _Request, infer _Response> ? Name : never
}[keyof C & string]
export type UnaryRequest<C, Name extends keyof C> = C[Name] extends (
  argument: infer Request,
  callback: requestCallback<infer _Response>
) => unknown
  ? Request
  : never
export type UnaryResponse<C, Name extends keyof C> = C[Name] extends (
  argument: infer _Request,
  callback: requestCallback<infer Response>
) => unknown
  ? Response
  : never
export type StreamRequest<C, Name extends keyof C> =
  C[Name] extends StreamMethod<infer Request, infer _Response> ? Request : never
export type StreamResponse<C, Name extends keyof C> = C[Name] extends (
  ...args: infer _Arguments
) => ClientReadableStream<infer Response>
  ? Response
  : never

/** One call: `await callUnary(verifier, 'Appraise', { bundle }, { deadlineMs: 5000 })`. Throws ServiceError. */
export function callUnary<C extends Client, Name extends keyof C & string>(
  client: C,
  name: Name,
  request: UnaryRequest<C, Name>,
  limits: CallLimits = {}
): Promise<UnaryResponse<C, Name>> {
  const method = client[name] as (...args: unknown[]) => { cancel(): void }
  return new Promise((resolve, reject) => {
    if (limits.signal?.aborted === true) return reject(new ServiceError('CANCELLED', 'cancelled before the call'))
    const cancel = (): void => call.cancel()
    const options = { deadline: Date.now() + (limits.deadlineMs ?? DEFAULT_DEADLINE_MS) }
    const callback: requestCallback<UnaryResponse<C, Name>> = (error, response) => {
      limits.signal?.removeEventListener('abort', cancel)
      if (error === null && response !== undefined) resolve(response)
      else reject(fromStatus(error))
    }
    const call = method.call(client, request, new Metadata(), options, callback)
    limits.signal?.addEventListener('abort', cancel, { once: true })
  })
}

/** A call that answers with a stream, without a deadline unless one is given. Leaving the loop cancels the call. */
export async function* callStream<C extends Client, Name extends keyof C & string>(
  client: C,
  name: Name,
  request: StreamRequest<C, Name>,
  limits: CallLimits = {}
): AsyncGenerator<StreamResponse<C, Name>, void> {
  const method = client[name] as (...args: unknown[]) => ClientReadableStream<StreamResponse<C, Name>>
  if (limits.signal?.aborted === true) throw new ServiceError('CANCELLED', 'cancelled before the call')
  const options = limits.deadlineMs === undefined ? {} : { deadline: Date.now() + limits.deadlineMs }
  const stream = method.call(client, request, new Metadata(), options)
  const cancel = (): void => stream.cancel()
  limits.signal?.addEventListener('abort', cancel, { once: true })
  // The loop hears of errors itself; what comes after it has been left concerns nobody.
  stream.on('error', () => {})
  try {
    for await (const message of stream) yield message
  } catch (error) {
    throw fromStatus(error)
  } finally {
    limits.signal?.removeEventListener('abort', cancel)
    stream.cancel()
  }
}

/** A standing call of raw messages, over the service definitions of `proto/link.ts`. */
export interface DuplexClient<Message> extends Disposable {
  open(): ClientDuplexStream<Message, Message>
}

/** Dials for a service definition whose one method is a bidi stream, over a connection of its own. */
export async function connectDuplex<Message>(
  definition: ServiceDefinition,
  authority: string,
  config: DialConfig = {}
): Promise<DuplexClient<Message>> {
  const [name] = Object.keys(definition)
  if (name === undefined) throw new TypeError('a service has methods')
  const Constructor = makeGenericClientConstructor(definition, name)
  const client = await connect(Constructor, authority, { ...config, ownConnection: true })
  return {
    open: () => (client[name] as () => ClientDuplexStream<Message, Message>).call(client),
    [Symbol.dispose]: () => client.close()
  }
}

async function dialCredentials(host: string, tlsCa: string | undefined): Promise<ChannelCredentials> {
  if (tlsCa !== undefined) return ChannelCredentials.createSsl(await readPem(tlsCa))
  return isLoopback(host) ? credentials.createInsecure() : credentials.createSsl()
}

// An interceptor and not call credentials: those are refused on loopback's plaintext.
function addBearer(token: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set('authorization', `Bearer ${token}`)
        next(metadata, listener)
      }
    })
}
