import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import { readPckExtension } from '../../../attestation/tdx/pck.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { encodeSgxExtension, SGX_EXTENSION_OID } from '../../../attestation/virtual/sgx-extension.ts'
import { components } from '../../../attestation/virtual/tcb.ts'
import { parseCertificateChain } from '../../../attestation/x509.ts'

const BUNDLES = fileURLToPath(new URL('../../../../shared/vectors/tdx/bundles', import.meta.url))

const FIELDS = {
  ppid: decodeHex('000102030405060708090a0b0c0d0e0f'),
  tcb: {
    sgxComponents: components(3, 3, 2, 2, 4, 1, 0, 200),
    pceSvn: 300,
    teeTcbSvn: components(),
    teeTcbSvn2: components()
  },
  pceId: Uint8Array.of(0, 1),
  fmspc: decodeHex('90c06f000000'),
  platformInstanceId: new Uint8Array(16)
}

describe('the SGX extension of a virtual PCK certificate', () => {
  test('of a platform CA has Intel’s members, tags and order', () => {
    const hex = encodeHex(encodeSgxExtension({ ...FIELDS, ca: 'platform' }))
    // 300 takes two octets, 200 a leading zero: integers are signed.
    expect(hex).toContain('060b2a864886f84d010d010211' + '0202012c')
    expect(hex).toContain('060b2a864886f84d010d010208' + '020200c8')
    expect(hex).toContain('060a2a864886f84d010d0103' + '04020001')
    expect(hex).toContain('060a2a864886f84d010d0104' + '040690c06f000000')
    expect(hex).toContain('060a2a864886f84d010d0105' + '0a0101')
    expect(hex).toContain('060b2a864886f84d010d010703' + '0101ff')
  })

  test('of a processor CA is standard SGX and says nothing of packages', () => {
    const hex = encodeHex(encodeSgxExtension({ ...FIELDS, ca: 'processor' }))
    expect(hex).toContain('060a2a864886f84d010d0105' + '0a0100')
    expect(hex).not.toContain('060a2a864886f84d010d0106')
    expect(hex).not.toContain('060a2a864886f84d010d0107')
  })

  test.skipIf(!existsSync(BUNDLES))('is, for the fields of a real certificate, that certificate’s own bytes', () => {
    const leaves = readdirSync(BUNDLES).map((bundle) => {
      const quote = parseTdxQuote(new Uint8Array(readFileSync(`${BUNDLES}/${bundle}/quote.bin`)))
      return parseCertificateChain(quote.pckChainPem)[0]!
    })
    const compared = leaves.filter((leaf) => {
      const real = leaf.extensions.get(SGX_EXTENSION_OID)!.value
      const { ppid, ca, fmspc, pceId, pceSvn, cpuSvn } = readPckExtension(leaf)
      const instance = encodeHex(real).split('060a2a864886f84d010d01060410')[1]
      const encoded = encodeSgxExtension({
        ppid,
        ca,
        fmspc,
        pceId,
        tcb: { sgxComponents: cpuSvn, pceSvn, teeTcbSvn: components(), teeTcbSvn2: components() },
        platformInstanceId: decodeHex(instance?.slice(0, 32) ?? '00'.repeat(16))
      })
      // Real machines differ in the configuration flags, which come last, and in the kind of scalable SGX.
      const flags = encodeHex(encoded).indexOf('060a2a864886f84d010d0107')
      const beforeFlags = encodeHex(real).slice(0, flags).replace('0d01050a0102', '0d01050a0101')
      expect(encodeHex(encoded).slice(0, flags)).toBe(beforeFlags)
      return flags > 0
    })
    expect(compared.length).toBeGreaterThan(5)
  })
})
