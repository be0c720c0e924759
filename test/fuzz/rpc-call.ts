import { Duplex } from 'node:stream'
import { type Client, Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { CODE_TRAILER } from '../../services/runtime/status.ts'

/** A method of a running service, for requests that are bytes and need not be messages. */
export interface RpcMethod {
  readonly client: Client
  readonly definition: Pick<MethodDefinition<unknown, unknown>, 'path' | 'requestStream' | 'responseStream'>
  readonly token?: string
}

/** How long a stream may go on before the fuzzer hangs up. */
const STREAM_MS = 150
const UNARY_LIMIT_MS = 10_000
const IDENTITY = (bytes: Buffer): Buffer => bytes

/** The call's outcome: `OK`, `open` for a stream that was hung up on, a code of ours, or a status of grpc-js in small letters. */
export function callWith(method: RpcMethod, input: Uint8Array): Promise<string> {
  const request = Buffer.from(input)
  return isStream(method) ? callStream(method, request) : callUnary(method, request)
}

function isStream({ definition }: RpcMethod): boolean {
  return definition.requestStream || definition.responseStream
}

function callUnary(method: RpcMethod, request: Buffer): Promise<string> {
  const { client, definition } = method
  const options = { deadline: Date.now() + UNARY_LIMIT_MS }
  return new Promise((resolve) => {
    client.makeUnaryRequest(definition.path, IDENTITY, IDENTITY, request, metadataOf(method), options, (error) =>
      resolve(error === null ? 'OK' : outcomeOf(error))
    )
  })
}

function callStream(method: RpcMethod, request: Buffer): Promise<string> {
  const { client, definition } = method
  return new Promise((resolve) => {
    const call = definition.requestStream
      ? client.makeBidiStreamRequest(definition.path, IDENTITY, IDENTITY, metadataOf(method))
      : client.makeServerStreamRequest(definition.path, IDENTITY, IDENTITY, request, metadataOf(method))
    const end = (outcome: string): void => {
      clearTimeout(timer)
      resolve(outcome)
    }
    const timer = setTimeout(() => {
      call.cancel()
      end('open')
    }, STREAM_MS)
    call.on('data', () => {})
    call.on('error', (error: ServiceError) => end(outcomeOf(error)))
    call.on('end', () => end('OK'))
    if (call instanceof Duplex) call.write(request)
  })
}

function metadataOf({ token }: RpcMethod): Metadata {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  return metadata
}

function outcomeOf(error: ServiceError): string {
  const [code] = error.metadata?.get(CODE_TRAILER) ?? []
  if (typeof code === 'string') return code
  // grpc-js itself answers bytes that are no message, before any handler sees them.
  if (error.code === status.INTERNAL && /deserializ/i.test(error.details)) return 'not a message'
  return (status[error.code] ?? String(error.code)).toLowerCase()
}
