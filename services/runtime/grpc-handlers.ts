import type { EventEmitter } from 'node:events'
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerDuplexStream,
  ServerWritableStream
} from '@grpc/grpc-js'
import { ServiceError } from './errors.ts'
import { toStatus } from './status.ts'
import { checkToken, type TokenList } from './tokens.ts'

/** What a handler may know of a call beside its request. */
export interface Call {
  readonly metadata: Metadata
  /** The token of `authorization: Bearer …`, unchecked. */
  readonly bearer: string | undefined
  readonly peer: string
  /** Unix milliseconds; Infinity when the caller set none. */
  readonly deadline: number
  /** Aborted when the caller hangs up or the deadline passes; of standing calls, also when the server stops. */
  readonly signal: AbortSignal
}

/** What the server emits on its standing calls when it stops. */
export const STOPPING = Symbol('bombyx-stopping')

interface SurfaceCall extends EventEmitter {
  readonly metadata: Metadata
  getPeer(): string
  getDeadline(): Date | number
}

/** A handler of one request and one answer. Whatever it throws becomes a status (`status.ts`). */
export function unary<Request, Response>(
  handler: (request: Request, call: Call) => Promise<Response> | Response
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(() => handler(call.request, describeCall(call))).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toStatus(error))
    )
  }
}

/** A handler that answers with a stream. It is pulled no faster than the caller reads; a server that stops ends it. */
export function serverStream<Request, Response>(
  handler: (request: Request, call: Call) => AsyncIterable<Response>
): handleServerStreamingCall<Request, Response> {
  return (stream) => {
    const call = describeCall(stream)
    writeAll(stream, call.signal, () => handler(stream.request, call)).then(
      () => stream.end(),
      (error: unknown) => stream.emit('error', toStatus(error))
    )
  }
}

/**
 * A handler of the raw stream, for links and other standing calls. The stream ends when the promise settles: with OK,
 * or with the status of what was thrown.
 */
export function duplex<Request, Response>(
  handler: (stream: ServerDuplexStream<Request, Response>, call: Call) => Promise<void>
): handleBidiStreamingCall<Request, Response> {
  return (stream) => {
    answer(() => handler(stream, describeCall(stream))).then(
      () => stream.end(),
      (error: unknown) => stream.emit('error', toStatus(error))
    )
  }
}

/**
 * The name of the caller's token. `tokens` undefined means that none is configured: then every caller is `local`, which
 * `startGrpcServer` allows on loopback only, through `requireTokens`.
 */
export function authorise(tokens: TokenList | undefined, call: Call): string {
  if (tokens === undefined) return 'local'
  const name = call.bearer === undefined ? undefined : checkToken(tokens, call.bearer)
  if (name === undefined) throw new ServiceError('UNAUTHENTICATED', 'a valid bearer token is wanted')
  return name
}

// Synchronous throws of a handler take the same way as rejections.
async function answer<Response>(handler: () => Promise<Response> | Response): Promise<Response> {
  return handler()
}

async function writeAll<Request, Response>(
  stream: ServerWritableStream<Request, Response>,
  signal: AbortSignal,
  handler: () => AsyncIterable<Response>
): Promise<void> {
  const iterator = handler()[Symbol.asyncIterator]()
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => {})
  const abort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted.promise])
      if (step.done === true) return
      if (!stream.write(step.value)) await Promise.race([drained(stream), aborted.promise])
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a generator that waits for its source ends only when the signal reaches it.
    iterator.return?.().catch(() => {})
  }
}

function drained(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => stream.once('drain', () => resolve()))
}

function describeCall(call: SurfaceCall): Call {
  const controller = new AbortController()
  call.once('cancelled', () => controller.abort(new ServiceError('CANCELLED', 'the caller hung up')))
  call.once(STOPPING, () => controller.abort(new ServiceError('UNAVAILABLE', 'the server is stopping')))
  const deadline = call.getDeadline()
  return {
    metadata: call.metadata,
    bearer: readBearer(call.metadata),
    peer: call.getPeer(),
    deadline: deadline instanceof Date ? deadline.getTime() : deadline,
    signal: controller.signal
  }
}

function readBearer(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization')
  return typeof value === 'string' ? /^Bearer (\S+)$/i.exec(value)?.[1] : undefined
}
