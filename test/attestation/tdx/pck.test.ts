import { beforeAll, describe, expect, test } from 'vitest'
import { generateEc } from '../../../attestation/crypto.ts'
import { derInteger, derOctetString, derOid, derSequence } from '../../../attestation/der-writer.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { encodePem } from '../../../attestation/pem.ts'
import { pckExtension } from '../../../attestation/tdx/pck.ts'
import { authenticatePlatform } from '../../../attestation/tdx/platform.ts'
import { createCertificate, type Issuer } from '../../../attestation/virtual/certificates.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { SGX_EXTENSION_OID } from '../../../attestation/virtual/sgx-extension.ts'
import { anchorsOf, createEvidence, createRoot, NOW } from './evidence.ts'

const YEAR = 365 * 24 * 3600 * 1000
const member = (arc: string, value: Uint8Array) => derSequence(derOid(`${SGX_EXTENSION_OID}.${arc}`), value)
const SVNS = Array.from({ length: 16 }, (_, i) => member(`2.${i + 1}`, derInteger(i)))
const PCESVN = member('2.17', derInteger(11))
const CPUSVN = member('2.18', derOctetString(new Uint8Array(16)))
const tcb = (...members: readonly Uint8Array[]) => member('2', derSequence(...members))

const PPID = member('1', derOctetString(new Uint8Array(16)))
const TCB = tcb(...SVNS, PCESVN, CPUSVN)
const PCEID = member('3', derOctetString(Uint8Array.of(0, 0)))
const FMSPC = member('4', derOctetString(Uint8Array.of(1, 2, 3, 4, 5, 6)))
const WHOLE = [PPID, TCB, PCEID, FMSPC]

let root: VirtualRoot

beforeAll(async () => {
  root = await createRoot()
})

async function certify(
  value: Uint8Array | undefined,
  fields: { commonName?: string; issuer?: Issuer } = {}
): Promise<string> {
  const { commonName = 'SGX PCK Certificate', issuer = root.platform } = fields
  const leaf = await createCertificate(
    {
      commonName,
      key: generateEc('P-256'),
      role: 'leaf',
      notBefore: NOW,
      notAfter: new Date(NOW.getTime() + YEAR),
      extensions: value === undefined ? [] : [{ oid: SGX_EXTENSION_OID, value }]
    },
    issuer
  )
  return encodePem([leaf, issuer.certificate, root.root.certificate])
}

describe('the SGX extension', () => {
  test('is read in whatever order its fields stand', async () => {
    const pem = await certify(derSequence(FMSPC, PCEID, TCB, PPID))
    const { pck } = authenticatePlatform(pem, anchorsOf(root))
    expect(pck).toMatchObject({ ca: 'platform', pceSvn: 11, sgxTcbComponents: SVNS.map((_, i) => i) })
    expect(encodeHex(pck.fmspc)).toBe('010203040506')
  })

  test.each<[string, () => Uint8Array | undefined]>([
    ['is absent', () => undefined],
    ['is empty', () => derSequence()],
    ['has bytes after it', () => Uint8Array.from([...derSequence(...WHOLE), 5, 0])],
    ['has no FMSPC', () => derSequence(PPID, TCB, PCEID)],
    ['has two FMSPCs', () => derSequence(...WHOLE, FMSPC)],
    ['has an FMSPC of five bytes', () => derSequence(PPID, TCB, PCEID, member('4', derOctetString(new Uint8Array(5))))],
    ['has an FMSPC that is a number', () => derSequence(PPID, TCB, PCEID, member('4', derInteger(1)))],
    ['has fifteen components', () => derSequence(PPID, tcb(...SVNS.slice(1), PCESVN, CPUSVN), PCEID, FMSPC)],
    [
      'has a component over 255',
      () => derSequence(PPID, tcb(...SVNS.slice(1), member('2.1', derInteger(256)), PCESVN, CPUSVN), PCEID, FMSPC)
    ],
    ['has no PCESVN', () => derSequence(PPID, tcb(...SVNS, CPUSVN), PCEID, FMSPC)],
    ['holds what is not Intel’s', () => derSequence(...WHOLE, derSequence(derOid('1.2.3.4'), derInteger(1)))],
    [
      'has the bytes of an FMSPC only inside another field',
      () => derSequence(member('1', derOctetString(FMSPC.subarray(0, 16))), TCB, PCEID)
    ]
  ])('that %s is refused', async (_, make) => {
    const pem = await certify(make())
    expect(() => authenticatePlatform(pem, anchorsOf(root))).toThrow(
      expect.objectContaining({ code: 'PCK_CHAIN_INVALID' })
    )
  })

  test('tells which collateral to fetch before anything is verified', async () => {
    const { quote } = await createEvidence(root, { ca: 'processor' })
    expect(pckExtension(quote)).toMatchObject({ ca: 'processor', pceId: Uint8Array.of(0, 0) })
  })
})

describe('a PCK chain', () => {
  test('whose leaf is no PCK certificate is refused', async () => {
    const pem = await certify(derSequence(...WHOLE), { commonName: 'SGX TCB Signing' })
    expect(() => authenticatePlatform(pem, anchorsOf(root))).toThrow(
      expect.objectContaining({ code: 'PCK_CHAIN_INVALID' })
    )
  })

  test('whose leaf the TCB signer issued is refused', async () => {
    const pem = await certify(derSequence(...WHOLE), { issuer: root.tcbSigning })
    expect(() => authenticatePlatform(pem, anchorsOf(root))).toThrow(
      expect.objectContaining({ code: 'PCK_CHAIN_INVALID' })
    )
  })

  test.each([
    ['two', (pems: readonly string[]) => pems.slice(0, 2)],
    ['four', (pems: readonly string[]) => [...pems, pems[2] ?? '']]
  ])('of %s certificates is incomplete', async (_, change) => {
    const pem = await certify(derSequence(...WHOLE))
    const parts = pem.split(/(?=-----BEGIN)/)
    expect(() => authenticatePlatform(change(parts).join(''), anchorsOf(root))).toThrow(
      expect.objectContaining({ code: 'PCK_CHAIN_INCOMPLETE' })
    )
  })
})
