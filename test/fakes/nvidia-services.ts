import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256 } from '../../attestation/crypto.ts'
import { DerReader } from '../../attestation/der.ts'
import { encodeBase64, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { readExtensions } from '../../attestation/x509-extensions.ts'

export type NvidiaPart = 'rim' | 'ocsp' | 'crl' | 'nras' | 'keys'

/** What a part answers instead of the truth. */
export interface NvidiaFault {
  readonly status?: number
  readonly body?: Uint8Array
  /** Never answers. */
  readonly silent?: true
  /** Breaks the connection. */
  readonly broken?: true
  /** How many requests it holds for; all when absent. */
  readonly times?: number
}

/** An OCSP question, read. */
export interface OcspQuestion {
  /** The INTEGER's contents, in hex. */
  readonly id: string
  readonly nonce: Uint8Array
}

/** What the services know; undefined: 404. */
export interface NvidiaKnowledge {
  rim(id: string): Uint8Array | undefined
  ocsp(question: OcspQuestion): Uint8Array | undefined
  crl(path: string): Uint8Array | undefined
  /** A detached EAT about what is posted to `/v4/attest/<kind>`. */
  nras(kind: 'gpu' | 'switch', request: unknown): Promise<string>
  keys(): string
}

export interface FakeNvidia extends AsyncDisposable {
  readonly url: string
  /** Method, path and what was asked, in order. */
  readonly requests: readonly string[]
  readonly headers: readonly IncomingMessage['headers'][]
  fail(part: NvidiaPart, fault: NvidiaFault): void
  mend(): void
}

/** An HTTP server that answers as NVIDIA's RIM service, OCSP responder, CRL host and remote attestation service in one. */
export async function startFakeNvidia(knowledge: Partial<NvidiaKnowledge>): Promise<FakeNvidia> {
  const requests: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const faults = new Map<NvidiaPart, { fault: NvidiaFault; left: number }>()
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const body = await readBody(request)
    const part = partOf(path)
    requests.push(`${request.method} ${part === 'ocsp' ? readQuestion(body).id : path}`)
    headers.push(request.headers)
    const standing = faults.get(part)
    const fault = standing !== undefined && standing.left > 0 ? standing.fault : undefined
    if (standing !== undefined) standing.left -= 1
    if (fault?.silent === true) return
    if (fault?.broken === true) return void request.socket.destroy()
    const truth = await truthOf(part, path, body, knowledge)
    const status = fault?.status ?? (truth === undefined && fault?.body === undefined ? 404 : 200)
    response.writeHead(status).end(fault?.body ?? truth ?? '')
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    fail: (part, fault) => void faults.set(part, { fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    mend: () => faults.clear(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** What the RIM service says of a manifest. */
export function rimReply(id: string, rim: Uint8Array, changes: object = {}): Uint8Array {
  const reply = {
    id,
    rim: encodeBase64(rim),
    sha256: encodeHex(sha256(rim)),
    last_updated: '2026-10-07T15:17:11Z',
    rim_format: 'TCG',
    request_id: '0b5b5a52-7e17-4e86-8c4d-52b1bb07c7f5'
  }
  return encodeUtf8(JSON.stringify({ ...reply, ...changes }))
}

function partOf(path: string): NvidiaPart {
  if (path.startsWith('/v1/rim/')) return 'rim'
  if (path.startsWith('/crl/')) return 'crl'
  if (path.startsWith('/v4/attest/')) return 'nras'
  return path === '/.well-known/jwks.json' ? 'keys' : 'ocsp'
}

async function truthOf(
  part: NvidiaPart,
  path: string,
  body: Uint8Array,
  knowledge: Partial<NvidiaKnowledge>
): Promise<Uint8Array | undefined> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  switch (part) {
    case 'rim': {
      const rim = knowledge.rim?.(name)
      return rim && rimReply(name, rim)
    }
    case 'crl':
      return knowledge.crl?.(path)
    case 'ocsp':
      return knowledge.ocsp?.(readQuestion(body))
    case 'keys':
      return encodeUtf8(knowledge.keys?.() ?? '')
    case 'nras': {
      const kind = name === 'switch' ? 'switch' : 'gpu'
      const said = await knowledge.nras?.(kind, JSON.parse(Buffer.from(body).toString('utf8')))
      return said === undefined ? undefined : encodeUtf8(said)
    }
  }
}

/** RFC 6960 §4.1.1, of one CertID with a nonce. */
function readQuestion(der: Uint8Array): OcspQuestion {
  const request = new DerReader(der).sequence('OCSPRequest').sequence('tbsRequest')
  const id = request.sequence('requestList').sequence('Request').sequence('reqCert')
  id.sequence('hashAlgorithm')
  id.octetString('issuerNameHash')
  id.octetString('issuerKeyHash')
  const serialNumber = id.integer('serialNumber')
  const nonce = readExtensions(request.enter(0xa2, 'requestExtensions')).get('1.3.6.1.5.5.7.48.1.2')
  if (nonce === undefined) throw new TypeError('a question without a nonce')
  return { id: encodeHex(serialNumber), nonce: new DerReader(nonce.value).octetString('nonce') }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
