import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ContractError } from '../errors.ts'
import { isObject } from '../json-rpc.ts'
import {
  getAddressBalance,
  getAddressInformation,
  getAddressState,
  getTransactions,
  runGetMethod,
  tryLocateResultTx,
  tryLocateSourceTx
} from './account-methods.ts'
import {
  getBlockHeader,
  getBlockTransactions,
  getConsensusBlock,
  getMasterchainInfo,
  lookupBlock,
  shards
} from './block-methods.ts'
import { answerLiteServer } from './lite-server.ts'
import type { LocalChain } from './local-chain.ts'
import { estimateFee, sendBoc, sendBocReturnHash } from './message-methods.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { RpcError } from './rpc-error.ts'

export interface ChainServer extends AsyncDisposable {
  /** `http://127.0.0.1:port/api/v2/jsonRPC` */
  readonly endpoint: string
  readonly host: string
  readonly port: number
}

type Method = (chain: LocalChain, parameters: Parameters) => unknown

/** toncenter's methods, by their names there. */
const METHODS: Readonly<Record<string, Method>> = {
  ...{ getMasterchainInfo, getConsensusBlock, shards, lookupBlock, getBlockHeader, getBlockTransactions },
  ...{ getAddressInformation, getAddressBalance, getAddressState, runGetMethod, getTransactions },
  ...{ tryLocateTx: tryLocateResultTx, tryLocateResultTx, tryLocateSourceTx },
  ...{ sendBoc, sendBocReturnHash, estimateFee }
}

/** A message of 64 KiB in base64 with room for the rest. */
const MOST_REQUEST_BYTES = 128 * 1024
const PATH = '/api/v2/jsonRPC'

/** Serves a chain over HTTP. There is neither TLS nor authentication, so it listens on loopback alone. */
export async function startChainServer(
  chain: LocalChain,
  { host, port }: { readonly host: string; readonly port: number }
): Promise<ChainServer> {
  if (!isLoopback(host)) throw new TypeError(`${host} is not loopback`)
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => void answer(chain, request, response))
  server.listen(port, host)
  await once(server, 'listening')
  const bound = server.address() as AddressInfo
  const origin = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return {
    endpoint: `http://${origin}:${bound.port}${PATH}`,
    host: bound.address,
    port: bound.port,
    [Symbol.asyncDispose]: () => stop(server)
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

async function answer(chain: LocalChain, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let id: unknown = null
  try {
    refuseBrowsers(request)
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'GET') return send(response, 200, answerLiteServer(chain, url))
    if (request.method !== 'POST' || url.pathname !== PATH) throw new RpcError(404, 'not found')
    const call = parseCall(await readBody(request))
    id = call.id
    send(response, 200, {
      ok: true,
      result: await call.method(chain, readParameters(call.params)),
      ...{ jsonrpc: '2.0', id }
    })
  } catch (error) {
    const { status, message } = describe(error)
    send(response, status, { ok: false, error: message, code: status, ...{ jsonrpc: '2.0', id } })
  }
}

// A page that somebody has open could reach loopback through a name of its own, or send what it need not read.
function refuseBrowsers(request: IncomingMessage): void {
  const host = new URL(`http://${request.headers.host ?? ''}`).hostname.replace(/^\[|\]$/g, '')
  if (!isLoopback(host) || request.headers.origin !== undefined) throw new RpcError(403, 'for programs of this machine')
}

function parseCall(text: string): { readonly id: unknown; readonly method: Method; readonly params: unknown } {
  let call: unknown
  try {
    call = JSON.parse(text)
  } catch {
    throw new RpcError(422, 'VALIDATION: the request is not JSON')
  }
  const name = isObject(call) ? call['method'] : undefined
  if (!isObject(call) || typeof name !== 'string') throw new RpcError(422, 'VALIDATION: a method is wanted')
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (method === undefined) throw new RpcError(404, `no method ${name.slice(0, 40)}`)
  return { id: call['id'] ?? null, method, params: call['params'] }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MOST_REQUEST_BYTES) throw new RpcError(413, `a request of over ${MOST_REQUEST_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function describe(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof RpcError) return error
  if (error instanceof ContractError) return { status: error.kind === 'input' ? 422 : 500, message: error.message }
  return { status: 500, message: 'internal error' }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
