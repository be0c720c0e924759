import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { generateEc } from '../../attestation/crypto.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { INTEL_SGX_ROOT } from '../../attestation/tdx/anchors.ts'
import {
  type CertificateFields,
  createCertificate,
  createCrl,
  type Issuer,
  serialNumberOf
} from '../../attestation/virtual/certificates.ts'
import { parseCertificate, parseCertificateChain, parseCrl } from '../../attestation/x509.ts'
import { type ChainCodes, checkValidity, verifyChain, verifyCrl } from '../../attestation/x509-chain.ts'
import { HAS_VECTORS, VECTORS, WHERE } from './tdx/vectors.ts'

const CODES: ChainCodes = {
  invalid: 'PCK_CHAIN_INVALID',
  incomplete: 'PCK_CHAIN_INCOMPLETE',
  untrusted: 'ROOT_CA_UNTRUSTED'
}
const NOW = new Date('2026-06-01T00:00:00Z')
const DATES = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') }
const UPDATES = { thisUpdate: new Date('2026-05-01T00:00:00Z'), nextUpdate: new Date('2026-07-01T00:00:00Z') }
const UNKNOWN = { oid: '1.2.3.4.5', value: Uint8Array.of(5, 0) }

let root: Issuer
let ca: Issuer
let leaf: Issuer
let stranger: Issuer

beforeAll(async () => {
  root = await issue({ commonName: 'Root', role: 'root' })
  ca = await issue({ commonName: 'CA', role: 'ca' }, root)
  leaf = await issue({ commonName: 'Leaf', role: 'leaf' }, ca)
  stranger = await issue({ commonName: 'Root', role: 'root' })
})

async function issue(fields: Pick<CertificateFields, 'commonName' | 'role'>, issuer?: Issuer): Promise<Issuer> {
  const key = generateEc('P-256')
  return { key, certificate: await createCertificate({ ...DATES, ...fields, key }, issuer) }
}

function verify(chain: readonly Issuer[], anchors: readonly Issuer[] = [root]) {
  const parse = ({ certificate }: Issuer) => parseCertificate(certificate)
  return verifyChain(chain.map(parse), anchors.map(parse), CODES)
}

const refusal = (code: string) => expect.objectContaining({ name: 'AttestationError', code })

describe('a certificate', () => {
  test('is read as it was made', () => {
    const certificate = parseCertificate(ca.certificate)
    expect(certificate).toMatchObject({
      isCa: true,
      pathLength: 0,
      curve: 'P-256',
      ...DATES,
      serialNumber: serialNumberOf(ca.key)
    })
    expect([...certificate.keyUsage]).toEqual(['keyCertSign', 'cRLSign'])
    expect([certificate.subject.commonName, certificate.issuer.commonName]).toEqual(['CA', 'Root'])
  })

  test('of Intel is read', () => {
    const certificate = parseCertificate(INTEL_SGX_ROOT)
    expect(certificate).toMatchObject({ isCa: true, pathLength: 1 })
    expect(certificate.subject.commonName).toBe('Intel SGX Root CA')
    expect(certificate.isSignedBy(certificate)).toBe(true)
  })

  test.each([
    ['cut short', (der: Uint8Array) => der.subarray(0, -1)],
    ['with a byte after it', (der: Uint8Array) => Uint8Array.from([...der, 0])],
    ['empty', () => new Uint8Array(0)],
    ['of another signature algorithm inside than outside', (der: Uint8Array) => flip(der, [0x06, 0x08, 0x2a, 0x86])]
  ])('%s does not parse', (_, change) => {
    expect(() => parseCertificate(change(leaf.certificate))).toThrow(refusal('CERTIFICATE_MALFORMED'))
  })

  test.each([
    ['2025-12-31T23:59:59Z', 'begins'],
    ['2027-01-01T00:00:01Z', 'ended']
  ])('at %s: it %s', (now, why) => {
    const check = () => checkValidity([parseCertificate(leaf.certificate)], new Date(now), 'PCK_EXPIRED')
    expect(check).toThrow(refusal('PCK_EXPIRED'))
    expect(check).toThrow(why)
  })

  test('is valid from its first second to its last', () => {
    const chain = [parseCertificate(leaf.certificate)]
    for (const now of [DATES.notBefore, NOW, DATES.notAfter]) checkValidity(chain, now, 'PCK_EXPIRED')
  })
})

describe('a chain', () => {
  test('ends at its anchor', () => {
    expect(verify([leaf, ca, root]).der).toEqual(root.certificate)
  })

  test('may end at another certificate that the anchor’s key made for itself', async () => {
    const renewed = {
      key: root.key,
      certificate: await createCertificate({
        ...DATES,
        commonName: 'Root',
        role: 'root',
        key: root.key,
        serialNumber: '42'
      })
    }
    expect(verify([leaf, ca, renewed]).der).toEqual(root.certificate)
  })

  test('under a root of the same name is not trusted', async () => {
    const otherCa = await issue({ commonName: 'CA', role: 'ca' }, stranger)
    const otherLeaf = await issue({ commonName: 'Leaf', role: 'leaf' }, otherCa)
    expect(() => verify([otherLeaf, otherCa, stranger])).toThrow(refusal('ROOT_CA_UNTRUSTED'))
  })

  test('under a root with the anchor’s key but another’s signature is not trusted', async () => {
    const fields = { ...DATES, commonName: 'Root', role: 'root', key: root.key } as const
    const forged = { key: root.key, certificate: await createCertificate(fields, stranger) }
    expect(() => verify([leaf, ca, forged])).toThrow(refusal('ROOT_CA_UNTRUSTED'))
  })

  test('under no anchor is not trusted', () => {
    expect(() => verify([leaf, ca, root], [])).toThrow(refusal('ROOT_CA_UNTRUSTED'))
  })

  test.each<[string, () => Promise<readonly Issuer[]>]>([
    ['whose CA is another', async () => [leaf, await issue({ commonName: 'CA', role: 'ca' }, root), root]],
    ['whose CA has another name', async () => [leaf, await issue({ commonName: 'Other', role: 'ca' }, root), root]],
    ['that skips its CA', async () => [leaf, root]],
    [
      'whose CA is none',
      async () => {
        const notCa = await issue({ commonName: 'CA', role: 'leaf' }, root)
        return [await issue({ commonName: 'Leaf', role: 'leaf' }, notCa), notCa, root]
      }
    ],
    [
      'with a CA below a CA that allows none',
      async () => {
        const below = await issue({ commonName: 'Below', role: 'ca' }, ca)
        return [await issue({ commonName: 'Leaf', role: 'leaf' }, below), below, ca, root]
      }
    ],
    [
      'with a changed leaf',
      async () => {
        const changed = Uint8Array.from(leaf.certificate)
        changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
        return [{ ...leaf, certificate: changed }, ca, root]
      }
    ]
  ])('%s is invalid', async (_, make) => {
    const chain = await make()
    expect(() => verify(chain)).toThrow(refusal('PCK_CHAIN_INVALID'))
  })

  test('with a critical extension that nobody here understands is invalid', async () => {
    const key = generateEc('P-256')
    const fields = { ...DATES, commonName: 'Leaf', role: 'leaf', key, extensions: [UNKNOWN] } as const
    const harmless = { key, certificate: await createCertificate(fields, ca) }
    expect(verify([harmless, ca, root]).der).toEqual(root.certificate)
    const parsed = parseCertificate(harmless.certificate)
    const extensions = new Map(parsed.extensions).set(UNKNOWN.oid, { critical: true, value: UNKNOWN.value })
    const chain = [{ ...parsed, extensions }, parseCertificate(ca.certificate), parseCertificate(root.certificate)]
    expect(() => verifyChain(chain, chain.slice(2), CODES)).toThrow(refusal('PCK_CHAIN_INVALID'))
  })

  test.each([[[]], [['root']]])('of %j is incomplete', (names) => {
    expect(() => verify(names.map(() => root))).toThrow(refusal('PCK_CHAIN_INCOMPLETE'))
  })
})

describe('a CRL', () => {
  test('names what is revoked', async () => {
    const crl = parseCrl(await createCrl({ ...UPDATES, revoked: [serialNumberOf(leaf.key)] }, ca))
    expect(crl).toMatchObject(UPDATES)
    expect(crl.revoked.has(parseCertificate(leaf.certificate).serialNumber)).toBe(true)
    expect(crl.revoked.has(parseCertificate(ca.certificate).serialNumber)).toBe(false)
    verifyCrl(crl, parseCertificate(ca.certificate), 'PCK_CRL_INVALID')
  })

  test.each<[string, () => Promise<readonly [Issuer, Issuer]>]>([
    ['of another CA', async () => [ca, root]],
    ['of a CA of the same name', async () => [ca, await issue({ commonName: 'CA', role: 'ca' }, root)]],
    ['of a certificate that may not sign one', async () => [leaf, leaf]]
  ])('%s is not its issuer’s', async (_, make) => {
    const [signer, issuer] = await make()
    const crl = parseCrl(await createCrl({ ...UPDATES, revoked: [] }, signer))
    expect(() => verifyCrl(crl, parseCertificate(issuer.certificate), 'PCK_CRL_INVALID')).toThrow(
      refusal('PCK_CRL_INVALID')
    )
  })

  test.each([
    ['cut short', (der: Uint8Array) => der.subarray(0, -1)],
    ['a certificate', () => leaf.certificate],
    ['empty', () => new Uint8Array(0)]
  ])('that is %s does not parse', async (_, change) => {
    const der = await createCrl({ ...UPDATES, revoked: [] }, ca)
    expect(() => parseCrl(change(der))).toThrow(refusal('CERTIFICATE_MALFORMED'))
  })
})

describe('with bytes changed anywhere', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })

  function changed(der: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array {
    const copy = Uint8Array.from(der)
    for (const [at, mask] of changes) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ mask
    return copy
  }

  function isRefused(check: () => void): boolean {
    try {
      check()
      return false
    } catch (error) {
      if (error instanceof AttestationError) return true
      throw error
    }
  }

  test('no certificate is taken for its CA’s', () => {
    const issuer = parseCertificate(ca.certificate)
    fc.assert(
      fc.property(edits, (changes) => {
        const der = changed(leaf.certificate, changes)
        fc.pre(Buffer.compare(der, leaf.certificate) !== 0)
        return isRefused(() =>
          verifyChain(
            [parseCertificate(der), issuer, parseCertificate(root.certificate)],
            [parseCertificate(root.certificate)],
            CODES
          )
        )
      })
    )
  })

  test('no CRL is taken for its CA’s', async () => {
    const crl = await createCrl({ ...UPDATES, revoked: [serialNumberOf(leaf.key)] }, ca)
    const issuer = parseCertificate(ca.certificate)
    fc.assert(
      fc.property(edits, (changes) => {
        const der = changed(crl, changes)
        fc.pre(Buffer.compare(der, crl) !== 0)
        return isRefused(() => verifyCrl(parseCrl(der), issuer, 'PCK_CRL_INVALID'))
      })
    )
  })
})

describe.skipIf(!HAS_VECTORS)(`NVIDIA’s device chains${WHERE}`, () => {
  const read = (name: string) => readFileSync(new URL(`nvidia/${name}`, VECTORS), 'utf8')

  test.each(['h100-545-full-match.json', 'gb100-575-32.json', 'ls10.sdk.json'])(
    '%s ends at its root, on P-384',
    (name) => {
      const document = JSON.parse(read(name))
      const [{ certificate }] = document.evidence_list ?? document
      const chain = parseCertificateChain(Buffer.from(certificate, 'base64').toString())
      const anchors = parseCertificateChain(read('roots/nvidia-device-root.pem'))
      expect(verifyChain(chain, anchors, CODES).der).toEqual(anchors[0]?.der)
      expect(chain.map(({ curve }) => curve)).toEqual(Array(5).fill('P-384'))
      expect(() => verifyChain(chain, parseCertificateChain(read('roots/wrong-rim-root.crt')), CODES)).toThrow(
        refusal('ROOT_CA_UNTRUSTED')
      )
    }
  )
})

/** Turns the last occurrence's last byte of ecdsa-with-SHA256 into ecdsa-with-SHA384. */
function flip(der: Uint8Array, prefix: readonly number[]): Uint8Array {
  const copy = Buffer.from(der)
  const at = copy.lastIndexOf(Buffer.from([...prefix, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
  copy[at + 9] = 0x03
  return new Uint8Array(copy)
}
