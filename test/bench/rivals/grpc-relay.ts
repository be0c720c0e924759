import { createServer } from 'node:http'
import type { Writable } from 'node:stream'
import {
  credentials,
  type handleServerStreamingCall,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition
} from '@grpc/grpc-js'
import { Pool } from 'undici'
import { reportReady, serve, setting } from '../path/serve.ts'

/**
 * The relay that makes one gRPC call a request: endpoint, relay and host in processes of their own as Bombyx has them, one
 * server-streaming call from each to the next, defaults of grpc-js throughout. It seals nothing, chooses nothing and
 * counts nothing, which is in its favour.
 */

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value }
const service = {
  Ask: {
    path: '/bench.Relay/Ask',
    requestStream: false,
    responseStream: true,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize
  }
} satisfies ServiceDefinition

type AskHandler = handleServerStreamingCall<Buffer, Buffer>

const ROLES: Readonly<Record<string, () => void>> = { endpoint: startEndpoint, relay: startRelay, host: startHost }
ROLES[setting('BENCH_ROLE')]?.()

function startEndpoint(): void {
  const ask = dial()
  serve(
    'grpc endpoint',
    createServer({ noDelay: true }, (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        const call = ask(Buffer.concat(parts))
        call.on('error', () => response.destroy())
        call.pipe(response)
      })
    })
  )
}

function startRelay(): void {
  const ask = dial()
  listen('grpc relay', (call) => {
    const onward = ask(call.request)
    onward.on('error', () => call.destroy())
    onward.pipe(writable(call))
  })
}

function startHost(): void {
  const pool = new Pool(setting('BENCH_UPSTREAM'), { bodyTimeout: 0, headersTimeout: 0 })
  const headers = { 'content-type': 'application/json' }
  listen('grpc host', (call) => {
    const options = { method: 'POST', path: '/v1/chat/completions', headers, body: call.request, opaque: null } as const
    pool.stream(options, () => writable(call)).catch(() => call.destroy())
  })
}

/** What grpc-js types as a stream of its own is one of Node's. */
function writable(call: Parameters<AskHandler>[0]): Writable {
  return call as unknown as Writable
}

function listen(name: string, ask: AskHandler): void {
  const server = new Server()
  server.addService(service, { Ask: ask })
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error
    reportReady(name, `127.0.0.1:${port}`)
  })
}

function dial() {
  const Client = makeGenericClientConstructor(service, 'Relay')
  const client = new Client(setting('BENCH_UPSTREAM'), credentials.createInsecure())
  const { path, requestSerialize, responseDeserialize } = service.Ask
  return (body: Buffer) => client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, body)
}
