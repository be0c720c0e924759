import { beforeAll, describe, expect, test } from 'vitest'
import { ecPublicPoint, signEcdsa } from '../../../attestation/crypto.ts'
import { concatBytes } from '../../../attestation/encoding.ts'
import { parseTdxCollateral, type TdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { uint32le } from '../../../attestation/virtual/little-endian.ts'
import { createVirtualPlatform, type VirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { CURRENT_TCB, components, OLD_TCB } from '../../../attestation/virtual/tcb.ts'
import { anchorsOf, createRoot, NOW, patched } from './evidence.ts'

const V4_CERTIFICATION = 48 + 584 + 4 + 128 + 6
const ATTRIBUTES = 48

let root: VirtualRoot
let collateral: TdxCollateral

beforeAll(async () => {
  root = await createRoot()
  const options = { tcbInfo: { id: 'SGX' }, qeIdentity: { id: 'QE' } }
  collateral = parseTdxCollateral(await createVirtualCollateral(root, options, NOW))
})

/** A version 3 quote of an enclave: the platform's TD quote with an SGX header and body, certified without type 6. */
function quoteEnclave(platform: VirtualPlatform, body: Uint8Array): Uint8Array {
  const td = quoteVirtual(platform, { reportData: new Uint8Array(64) })
  const header = patched(td.subarray(0, 48), 0, 3, 0, 2, 0, 0, 0, 0, 0)
  const signed = concatBytes(header, body)
  const signature = signEcdsa('P-256', platform.attestationKey, signed)
  const data = concatBytes(signature, ecPublicPoint(platform.attestationKey), td.subarray(V4_CERTIFICATION))
  return concatBytes(signed, uint32le(data.byteLength), data)
}

const ENCLAVE = patched(new Uint8Array(384), ATTRIBUTES, 0x05)

function verify(quote: Uint8Array, endorsed = collateral) {
  return verifyTdxQuote(parseTdxQuote(quote), endorsed, anchorsOf(root), NOW)
}

describe('an SGX quote', () => {
  test('takes the same path, without a TDX module', async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    const verified = verify(quoteEnclave(platform, ENCLAVE))
    expect(verified).toMatchObject({ status: 'UpToDate', module: undefined })
    expect(verified.quote.body).toMatchObject({
      kind: 'sgx',
      attributes: ENCLAVE.subarray(ATTRIBUTES, ATTRIBUTES + 16)
    })
  })

  test.each([
    ['OutOfDate', OLD_TCB],
    ['UpToDate', { ...CURRENT_TCB, teeTcbSvn: components(0) }]
  ])('is %s by SGX components and PCESVN alone', async (status, tcb) => {
    const platform = await createVirtualPlatform(root, { tcb }, NOW)
    expect(verify(quoteEnclave(platform, ENCLAVE)).status).toBe(status)
  })

  test('of a debug enclave is refused', async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    const quote = quoteEnclave(platform, patched(ENCLAVE, ATTRIBUTES, 0x07))
    expect(() => verify(quote)).toThrow(expect.objectContaining({ code: 'TD_ATTRIBUTES_DEBUG_SET' }))
  })

  test('is not endorsed by what endorses TDs', async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    const forTds = parseTdxCollateral(await createVirtualCollateral(root, {}, NOW))
    const forTdQe = parseTdxCollateral(await createVirtualCollateral(root, { tcbInfo: { id: 'SGX' } }, NOW))
    const quote = quoteEnclave(platform, ENCLAVE)
    expect(() => verify(quote, forTds)).toThrow(expect.objectContaining({ code: 'TCB_INFO_MISMATCH' }))
    expect(() => verify(quote, forTdQe)).toThrow(expect.objectContaining({ code: 'QE_IDENTITY_ID_INVALID' }))
  })
})
