import { QuoteVerifier } from '@phala/dcap-qvl'
import { beforeAll, describe, expect, test } from 'vitest'
import { ecPublicKey, ecPublicPoint } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { pckExtension } from '../../../attestation/tdx/pck.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import {
  createVirtualPlatform,
  generateVirtualPlatformKeys,
  VIRTUAL_PLATFORM
} from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import { createVirtualRoot, generateVirtualRootKeys, type VirtualRoot } from '../../../attestation/virtual/root.ts'
import { VIRTUAL_TD } from '../../../attestation/virtual/td.ts'
import { parseCertificateChain } from '../../../attestation/x509.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const REPORT_DATA = Uint8Array.from({ length: 64 }, (_, index) => index)

let root: VirtualRoot

beforeAll(async () => {
  root = await createVirtualRoot(generateVirtualRootKeys(), NOW)
})

describe('a virtual quote', () => {
  test.each([
    [4, '1.0', 'tdx10'],
    [5, '1.0', 'tdx10'],
    [5, '1.5', 'tdx15']
  ] as const)('of version %s with a TD %s report parses to what it was asked to say', async (version, td, kind) => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    const rtmrs = [1, 2, 3, 4].map((byte) => new Uint8Array(48).fill(byte))
    const quote = parseTdxQuote(
      quoteVirtual(platform, {
        reportData: REPORT_DATA,
        rtmrs: rtmrs as unknown as typeof VIRTUAL_TD.rtmrs,
        version,
        tdVersion: td
      })
    )
    expect(quote.header.version).toBe(version)
    expect(quote.body).toMatchObject({
      kind,
      reportData: REPORT_DATA,
      mrTd: VIRTUAL_TD.mrTd,
      tdAttributes: VIRTUAL_TD.tdAttributes,
      xfam: VIRTUAL_TD.xfam,
      rtmrs
    })
    expect(pckExtension(quote)).toMatchObject({ ca: 'platform', fmspc: VIRTUAL_PLATFORM.fmspc, pceSvn: 13 })
  })

  test('is by the keys that were passed in', async () => {
    const keys = generateVirtualPlatformKeys()
    const quote = parseTdxQuote(
      quoteVirtual(await createVirtualPlatform(root, {}, NOW, keys), { reportData: REPORT_DATA })
    )
    const [leaf] = parseCertificateChain(quote.pckChainPem)
    expect(quote.attestationKey).toEqual(ecPublicPoint(keys.attestation))
    expect(leaf!.publicKey.equals(ecPublicKey('P-256', ecPublicPoint(keys.pck)))).toBe(true)
  })

  test('of version 4 has no room for a TD 1.5 report', async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    expect(() => quoteVirtual(platform, { reportData: REPORT_DATA, tdVersion: '1.5' })).toThrow(TypeError)
  })

  test('is never of a field of the wrong length', async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    expect(() => quoteVirtual(platform, { reportData: new Uint8Array(63) })).toThrow(TypeError)
  })

  test('says in every certificate that it is virtual', async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    const collateral = parseTdxCollateral(await createVirtualCollateral(root, {}, NOW))
    const chains = [platform.pckChain, collateral.tcbInfoIssuerChain, collateral.pckCrlIssuerChain]
    const names = chains.flatMap(parseCertificateChain).map(({ subject }) => subject.commonName)
    expect(names).toHaveLength(7)
    expect(names.filter((name) => !name.startsWith('Bombyx Virtual '))).toEqual([])
  })
})

describe('an independent verifier', () => {
  test.each(['platform', 'processor'] as const)(
    'that is given the virtual root accepts a quote under the %s CA',
    async (ca) => {
      const platform = await createVirtualPlatform(root, { ca }, NOW)
      const collateral = parseTdxCollateral(await createVirtualCollateral(root, { ca }, NOW))
      const verifier = new QuoteVerifier(Buffer.from(root.root.certificate))
      const verified = verifier.verify(
        quoteVirtual(platform, { reportData: REPORT_DATA }),
        {
          pck_crl_issuer_chain: collateral.pckCrlIssuerChain,
          root_ca_crl: Array.from(collateral.rootCaCrl),
          pck_crl: Array.from(collateral.pckCrl),
          tcb_info_issuer_chain: collateral.tcbInfoIssuerChain,
          tcb_info: collateral.tcbInfo,
          tcb_info_signature: Array.from(collateral.tcbInfoSignature),
          qe_identity_issuer_chain: collateral.qeIdentityIssuerChain,
          qe_identity: collateral.qeIdentity,
          qe_identity_signature: Array.from(collateral.qeIdentitySignature)
        },
        NOW.getTime() / 1000
      )
      expect(verified.status).toBe('UpToDate')
      expect(encodeHex(verified.report.asTd10()!.reportData)).toBe(encodeHex(REPORT_DATA))
    }
  )
})
