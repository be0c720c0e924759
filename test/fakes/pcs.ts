import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { parseTdxCollateral, type TdxCollateral } from '../../attestation/tdx/collateral.ts'

export type PcsPart = 'tcb' | 'qeIdentity' | 'pckCrl' | 'rootCrl'

/** What a part answers instead of the truth. */
export interface PcsFault {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Breaks the connection, before any answer or in the middle of the body. */
  readonly broken?: 'before' | 'within'
  /** Never answers. */
  readonly silent?: boolean
  /** How many requests it holds for; all when absent. */
  readonly times?: number
}

/** An HTTP server that answers as Intel's PCS, and at `rootcacrl` as a PCCS, from one collateral document. */
export interface FakePcs extends AsyncDisposable {
  readonly url: string
  /** Paths with query, in the order they were asked for. */
  readonly requests: readonly string[]
  collateral: TdxCollateral
  fail(part: PcsPart, fault: PcsFault): void
  mend(): void
}

const PATHS: Readonly<Record<string, PcsPart>> = {
  '/tdx/certification/v4/tcb': 'tcb',
  '/tdx/certification/v4/qe/identity': 'qeIdentity',
  '/sgx/certification/v4/pckcrl': 'pckCrl',
  '/IntelSGXRootCA.der': 'rootCrl',
  '/sgx/certification/v4/rootcacrl': 'rootCrl'
}

export async function startFakePcs(collateralBytes: Uint8Array): Promise<FakePcs> {
  const requests: string[] = []
  const faults = new Map<PcsPart, { fault: PcsFault; left: number }>()
  const server = createServer((request, response) => answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakePcs = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    collateral: parseTdxCollateral(collateralBytes),
    fail: (part, fault) => void faults.set(part, { fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    mend: () => faults.clear(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://pcs')
    requests.push(`${url.pathname}${url.search}`)
    const part = PATHS[url.pathname]
    if (part === undefined) return void response.writeHead(404).end()
    const fault = takeFault(part)
    const truth = truthOf(part, fake.collateral, url)
    if (fault?.silent === true) return
    if (fault?.broken === 'before') return void request.socket.destroy()
    const headers = { ...truth.headers, ...fault?.headers }
    const body = fault?.body ?? truth.body
    if (fault?.broken === 'within') {
      response.writeHead(200, { ...headers, 'content-length': String(body.byteLength) })
      response.write(body.subarray(0, 10), () => request.socket.destroy())
      return
    }
    const kept = Object.entries(headers).filter(([, value]) => value !== '')
    response.writeHead(fault?.status ?? 200, Object.fromEntries(kept)).end(body)
  }

  function takeFault(part: PcsPart): PcsFault | undefined {
    const standing = faults.get(part)
    if (standing === undefined || standing.left === 0) return undefined
    standing.left -= 1
    return standing.fault
  }

  return fake
}

function truthOf(part: PcsPart, collateral: TdxCollateral, url: URL) {
  if (part === 'tcb') {
    const body = `{"tcbInfo":${collateral.tcbInfo},"signature":"${encodeHex(collateral.tcbInfoSignature)}"}`
    return { body: encodeUtf8(body), headers: chain('TCB-Info-Issuer-Chain', collateral.tcbInfoIssuerChain) }
  }
  if (part === 'qeIdentity') {
    const body = `{"enclaveIdentity":${collateral.qeIdentity},"signature":"${encodeHex(collateral.qeIdentitySignature)}"}`
    return {
      body: encodeUtf8(body),
      headers: chain('SGX-Enclave-Identity-Issuer-Chain', collateral.qeIdentityIssuerChain)
    }
  }
  if (part === 'pckCrl') {
    const isDer = url.searchParams.get('encoding') === 'der'
    const body = isDer ? collateral.pckCrl : encodeUtf8(encodeHex(collateral.pckCrl))
    return { body, headers: chain('SGX-PCK-CRL-Issuer-Chain', collateral.pckCrlIssuerChain) }
  }
  const isPccs = url.pathname.endsWith('rootcacrl')
  return { body: isPccs ? encodeUtf8(encodeHex(collateral.rootCaCrl)) : collateral.rootCaCrl, headers: {} }
}

function chain(name: string, pem: string): Readonly<Record<string, string>> {
  return { [name]: encodeURIComponent(pem) }
}
