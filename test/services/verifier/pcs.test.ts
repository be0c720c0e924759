import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { type PcsConfig, pcsSource } from '../../../services/verifier/pcs.ts'
import { type FakePcs, type PcsFault, type PcsPart, startFakePcs } from '../../fakes/pcs.ts'
import { createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'

const FAMILY = { fmspc: decodeHex('b04b79000000'), ca: 'platform' } as const
const LIMITS = { attempts: 3, timeoutMs: 300, firstDelayMs: 2, maxDelayMs: 20, maxBytes: 64 * 1024 }
const DOCUMENT = await createVirtualCollateral(await createLabRoot(), {}, NOW)

let pcs: FakePcs

beforeEach(async () => {
  pcs = await startFakePcs(DOCUMENT)
})

afterEach(() => pcs[Symbol.asyncDispose]())

function config(rootCrlPath = '/IntelSGXRootCA.der'): PcsConfig {
  return { url: pcs.url, rootCrlUrl: `${pcs.url}${rootCrlPath}`, limits: LIMITS }
}

function fetchCollateral(from = config(), signal = new AbortController().signal) {
  return pcsSource(from)(FAMILY, signal)
}

async function refusal(action: Promise<unknown>): Promise<string | undefined> {
  return action.then(() => undefined, codeOf)
}

describe('collateral from Intel’s service', () => {
  test('is the documents as they were signed, with their decoded chains', async () => {
    expect(await fetchCollateral()).toEqual(parseTdxCollateral(DOCUMENT))
  })

  test('is asked for by family and CA', async () => {
    await pcsSource(config())({ ...FAMILY, ca: 'processor' }, new AbortController().signal)
    expect([...pcs.requests].sort()).toEqual([
      '/IntelSGXRootCA.der',
      '/sgx/certification/v4/pckcrl?ca=processor&encoding=der',
      '/tdx/certification/v4/qe/identity',
      '/tdx/certification/v4/tcb?fmspc=b04b79000000'
    ])
  })

  test('may come from a PCCS, whose root CRL is hex and whose chain header is named for SGX', async () => {
    const { tcbInfoIssuerChain } = pcs.collateral
    pcs.fail('tcb', {
      headers: { 'TCB-Info-Issuer-Chain': '', 'SGX-TCB-Info-Issuer-Chain': encodeURIComponent(tcbInfoIssuerChain) }
    })
    expect(await fetchCollateral(config('/sgx/certification/v4/rootcacrl'))).toEqual(parseTdxCollateral(DOCUMENT))
  })

  test('keeps the signed text whatever white space is around it', async () => {
    const { tcbInfo, tcbInfoSignature } = pcs.collateral
    const signature = Buffer.from(tcbInfoSignature).toString('hex').toUpperCase()
    pcs.fail('tcb', { body: encodeUtf8(`\n{ "tcbInfo" : ${tcbInfo} ,\n "signature" : "${signature}" }\n`) })
    expect(await fetchCollateral()).toEqual(parseTdxCollateral(DOCUMENT))
  })
})

describe('a service that fails for a moment', () => {
  test.each<[string, PcsFault]>([
    ['is overloaded', { status: 429, times: 2 }],
    ['is overloaded and says for how long', { status: 429, headers: { 'Retry-After': '3600' }, times: 2 }],
    ['has a fault', { status: 500, times: 2 }],
    ['is being replaced', { status: 503, times: 2 }],
    ['breaks the connection', { broken: 'before', times: 2 }],
    ['breaks off its answer', { broken: 'within', times: 2 }],
    ['is silent', { silent: true, times: 1 }]
  ])('is asked again when it %s', async (_, fault) => {
    pcs.fail('qeIdentity', fault)
    expect(await fetchCollateral()).toEqual(parseTdxCollateral(DOCUMENT))
    const asked = pcs.requests.filter((path) => path.endsWith('/qe/identity'))
    expect(asked).toHaveLength((fault.times ?? 0) + 1)
  })
})

describe('a service that fails for good', () => {
  const chain = (value: string): PcsFault => ({ headers: { 'TCB-Info-Issuer-Chain': value } })
  const tcb = (body: string): PcsFault => ({ body: encodeUtf8(body) })
  const SIGNATURE = '00'.repeat(64)

  test.each<[string, PcsPart, PcsFault, string]>([
    ['stays overloaded', 'tcb', { status: 429 }, 'COLLATERAL_UNAVAILABLE'],
    ['stays broken', 'rootCrl', { status: 502 }, 'COLLATERAL_UNAVAILABLE'],
    ['stays silent', 'pckCrl', { silent: true }, 'COLLATERAL_UNAVAILABLE'],
    ['wants a key', 'tcb', { status: 401 }, 'COLLATERAL_UNAVAILABLE'],
    ['answers in another tongue', 'tcb', { status: 204 }, 'COLLATERAL_UNAVAILABLE'],
    ['sends elsewhere', 'tcb', { status: 302, headers: { location: '/' } }, 'COLLATERAL_UNAVAILABLE'],
    ['sends too much', 'pckCrl', { body: new Uint8Array(64 * 1024 + 1) }, 'COLLATERAL_UNAVAILABLE'],
    ['knows no such family', 'tcb', { status: 404 }, 'NOT_FOUND'],
    ['sends no chain', 'tcb', chain(''), 'COLLATERAL_MALFORMED'],
    ['sends a chain that is not percent-encoded', 'tcb', chain('%zz'), 'COLLATERAL_MALFORMED'],
    ['sends a chain that is not PEM', 'tcb', chain('chain'), 'COLLATERAL_MALFORMED'],
    ['sends something that is not JSON', 'tcb', tcb('<html>'), 'COLLATERAL_MALFORMED'],
    ['sends another document', 'tcb', tcb(`{"enclaveIdentity":{},"signature":"${SIGNATURE}"}`), 'COLLATERAL_MALFORMED'],
    ['sends a short signature', 'tcb', tcb('{"tcbInfo":{},"signature":"00"}'), 'COLLATERAL_MALFORMED'],
    ['sends two documents', 'tcb', tcb(`{"tcbInfo":{},"x":{},"signature":"${SIGNATURE}"}`), 'COLLATERAL_MALFORMED'],
    ['sends no document', 'tcb', tcb(`{"tcbInfo":{"a"},"signature":"${SIGNATURE}"}`), 'COLLATERAL_MALFORMED'],
    ['sends text that is not UTF-8', 'qeIdentity', { body: Uint8Array.of(0x7b, 0xff) }, 'COLLATERAL_MALFORMED'],
    ['sends a CRL that is neither DER nor hex', 'rootCrl', tcb('CRL'), 'COLLATERAL_MALFORMED']
  ])('gives up when it %s', async (_, part, fault, code) => {
    pcs.fail(part, fault)
    expect(await refusal(fetchCollateral())).toBe(code)
  })

  test('is not asked again for what it does not have', async () => {
    pcs.fail('tcb', { status: 404 })
    await refusal(fetchCollateral())
    expect(pcs.requests.filter((path) => path.includes('/tcb?'))).toHaveLength(1)
  })

  test('is not asked again once nobody waits', async () => {
    const stop = new AbortController()
    pcs.fail('tcb', { silent: true })
    const fetching = fetchCollateral(config(), stop.signal)
    stop.abort()
    expect(await refusal(fetching)).toBe('COLLATERAL_UNAVAILABLE')
    expect(pcs.requests.filter((path) => path.includes('/tcb?')).length).toBeLessThanOrEqual(1)
  })
})
