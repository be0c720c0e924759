import { createPublicKey, verify as nodeVerify } from 'node:crypto'
import { type EcCurve, ecPublicKey, type PublicKey, sha256Hex } from './crypto.ts'
import { DER_TAG, DerReader } from './der.ts'
import { decodeHex, encodeHex } from './encoding.ts'
import { AttestationError } from './errors.ts'
import { keepByDigest } from './kept.ts'
import { decodePem } from './pem.ts'
import {
  type Extension,
  type KeyUsage,
  readBasicConstraints,
  readExtensions,
  readKeyUsage,
  refuseCritical
} from './x509-extensions.ts'

/** A distinguished name: compared by its DER, shown by its common name ('' where it has none). */
export interface Name {
  readonly raw: Uint8Array
  readonly commonName: string
}

/**
 * An X.509 v3 certificate as the strict DER reader takes it; OpenSSL reads its key and checks signatures. Nothing in it
 * is verified.
 */
export interface Certificate {
  readonly der: Uint8Array
  readonly subject: Name
  readonly issuer: Name
  /** The INTEGER's contents as lower-case hex. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly isCa: boolean
  /** How many CAs may stand between this one and a leaf; undefined: any number. */
  readonly pathLength: number | undefined
  readonly keyUsage: ReadonlySet<KeyUsage>
  /** By dotted OID. */
  readonly extensions: ReadonlyMap<string, Extension>
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  /** Read when it is first asked for. */
  readonly publicKey: PublicKey
  /** The key's curve; undefined for a key of another kind or form, which signs nothing that is taken here. */
  readonly curve: EcCurve | undefined
  isSignedBy(issuer: Certificate): boolean
}

/** A complete, direct CRL (RFC 5280 §5). Nothing in it is verified. */
export interface Crl {
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Serial numbers as in `Certificate`. */
  readonly revoked: ReadonlySet<string>
  isSignedBy(issuer: Certificate): boolean
}

const MAX_CRL = 16 * 1024 * 1024

const SIGNATURE_HASH: Readonly<Record<string, string>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384'
}
const COMMON_NAME = '2.5.4.3'
/** How a SubjectPublicKeyInfo of a named curve and an uncompressed point begins (RFC 5480). */
const CURVE_PREFIXES: readonly (readonly [EcCurve, Uint8Array])[] = [
  ['P-256', decodeHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')],
  ['P-384', decodeHex('3076301006072a8648ce3d020106052b8104002203620004')]
]

/** Certificates in PEM, in their order: 1 to 8, with nothing but white space and NUL between them. */
export function parseCertificateChain(pem: string): Certificate[] {
  return decodePem(pem).map(parseCertificate)
}

/** The same, with one of `known` as it is where its bytes are: reading a certificate costs as much as a signature. */
export function parseKnownChain(pem: string, known: readonly Certificate[]): Certificate[] {
  return decodePem(pem).map(
    (der) => known.find((certificate) => sameBytes(certificate.der, der)) ?? parseCertificate(der)
  )
}

const MOST_SHARED = 128
const keepShared = keepByDigest<Certificate>(MOST_SHARED)

/** A certificate that many chains have in common, an anchor or a CA: it is read once, and once asked who signed it. */
export function parseSharedCertificate(der: Uint8Array): Certificate {
  // A copy: the bytes are the caller's, who may write to them again.
  return keepShared(sha256Hex(der), () => parseCertificate(der.slice()))
}

export function parseCertificate(der: Uint8Array): Certificate {
  const outer = new DerReader(der, 'CERTIFICATE_MALFORMED')
  const certificate = outer.sequence('Certificate')
  outer.end('Certificate')
  const { raw: signed, content } = certificate.expect(DER_TAG.sequence, 'tbsCertificate')
  const { raw: algorithm } = certificate.expect(DER_TAG.sequence, 'signatureAlgorithm')
  const signature = certificate.bitString('signatureValue')
  certificate.end('signatureValue')

  const tbs = new DerReader(content, 'CERTIFICATE_MALFORMED')
  const version = tbs.enter(0xa0, 'version')
  if (version.smallInteger(2, 'version') !== 2) throw malformed('not an X.509 v3 certificate')
  const serialNumber = encodeHex(tbs.integer('serialNumber'))
  const { raw: innerAlgorithm } = tbs.expect(DER_TAG.sequence, 'signature')
  if (!sameBytes(algorithm, innerAlgorithm)) throw malformed('two signature algorithms')
  const hash = signatureHash(algorithm)
  const issuer = readName(tbs, 'issuer')
  const validity = tbs.sequence('validity')
  const [notBefore, notAfter] = [validity.time('notBefore'), validity.time('notAfter')]
  validity.end('notAfter')
  const subject = readName(tbs, 'subject')
  const { raw: spki } = tbs.expect(DER_TAG.sequence, 'subjectPublicKeyInfo')
  const extensions = readCertificateExtensions(tbs)

  const named = CURVE_PREFIXES.find(([, prefix]) => sameBytes(spki.subarray(0, prefix.byteLength), prefix))
  let publicKey: PublicKey | undefined
  return {
    ...{ der, subject, issuer, serialNumber, notBefore, notAfter, spki, extensions },
    ...readBasicConstraints(extensions),
    keyUsage: readKeyUsage(extensions),
    curve: named?.[0],
    get publicKey() {
      publicKey ??= readPublicKey(spki, named)
      return publicKey
    },
    isSignedBy: signatureCheck({ hash, signed, signature })
  }
}

export function parseCrl(der: Uint8Array): Crl {
  if (der.byteLength > MAX_CRL) throw malformed(`CRL of ${der.byteLength} bytes, at most ${MAX_CRL}`)
  const outer = new DerReader(der, 'CERTIFICATE_MALFORMED')
  const list = outer.sequence('CertificateList')
  outer.end('CertificateList')
  const { raw: signed, content } = list.expect(DER_TAG.sequence, 'tbsCertList')
  const { raw: algorithm } = list.expect(DER_TAG.sequence, 'signatureAlgorithm')
  const signature = list.bitString('signatureValue')
  list.end('signatureValue')

  const tbs = new DerReader(content, 'CERTIFICATE_MALFORMED')
  if (tbs.smallInteger(1, 'version') !== 1) throw malformed('not a v2 CRL')
  const { raw: innerAlgorithm } = tbs.expect(DER_TAG.sequence, 'signature')
  if (!sameBytes(algorithm, innerAlgorithm)) throw malformed('two signature algorithms')
  const hash = signatureHash(algorithm)
  const issuer = readName(tbs, 'issuer')
  const [thisUpdate, nextUpdate] = [tbs.time('thisUpdate'), tbs.time('nextUpdate')]
  const revoked = readRevoked(tbs)
  const extensions = tbs.optional(0xa0, 'crlExtensions')
  if (extensions !== undefined) refuseCritical(readExtensions(tbs.within(extensions)), 'CRL')
  tbs.end('crlExtensions')

  const isSignedBy = signatureCheck({ hash, signed, signature })
  return { issuer, thisUpdate, nextUpdate, revoked, isSignedBy }
}

function readName(reader: DerReader, field: string): Name {
  const { raw, content } = reader.expect(DER_TAG.sequence, field)
  const names = new DerReader(content, 'CERTIFICATE_MALFORMED')
  let commonName = ''
  while (!names.done) {
    const set = names.enter(DER_TAG.set, field)
    while (!set.done) {
      const attribute = set.sequence(field)
      const type = attribute.oid(field)
      const value = attribute.any(field)
      attribute.end(field)
      if (type === COMMON_NAME) commonName = Buffer.from(value.content).toString('utf8')
    }
  }
  return { raw, commonName }
}

function readCertificateExtensions(tbs: DerReader): ReadonlyMap<string, Extension> {
  tbs.optional(0x81, 'issuerUniqueID')
  tbs.optional(0x82, 'subjectUniqueID')
  const wrapper = tbs.optional(0xa3, 'extensions')
  tbs.end('extensions')
  return wrapper === undefined ? new Map() : readExtensions(tbs.within(wrapper))
}

function readRevoked(tbs: DerReader): ReadonlySet<string> {
  const revoked = new Set<string>()
  const list = tbs.optional(DER_TAG.sequence, 'revokedCertificates')
  if (list === undefined) return revoked
  const entries = tbs.within(list)
  // Most entries give the same reason in the same bytes: what was taken once is not read again.
  let taken: Uint8Array = new Uint8Array(0)
  while (!entries.done) {
    const entry = entries.sequence('revokedCertificate')
    revoked.add(encodeHex(entry.integer('userCertificate')))
    entry.time('revocationDate')
    const extensions = entry.optional(DER_TAG.sequence, 'crlEntryExtensions')
    if (extensions !== undefined && !sameBytes(extensions.raw, taken)) {
      // The wrapper that readExtensions enters is the entry's own SEQUENCE, so it is handed over whole.
      refuseCritical(readExtensions(new DerReader(extensions.raw, 'CERTIFICATE_MALFORMED')), 'CRL entry')
      taken = extensions.raw
    }
    entry.end('crlEntryExtensions')
  }
  return revoked
}

function signatureHash(algorithm: Uint8Array): string {
  const oid = new DerReader(algorithm, 'CERTIFICATE_MALFORMED').sequence('algorithm').oid('algorithm')
  const hash = SIGNATURE_HASH[oid]
  if (hash === undefined) throw malformed(`signature algorithm ${oid} is not taken`)
  return hash
}

interface Signed {
  readonly hash: string
  readonly signed: Uint8Array
  /** DER. */
  readonly signature: Uint8Array
}

/** Whether an issuer's key made the signature. One answer is kept: a certificate that is in several chains is asked in each. */
function signatureCheck({ hash, signed, signature }: Signed): (issuer: Certificate) => boolean {
  let madeBy: Certificate | undefined
  return (issuer) => {
    if (madeBy === issuer) return true
    // Only of these curves: with a key of another kind the same call checks a signature of another kind.
    const isMade = issuer.curve !== undefined && holds(() => nodeVerify(hash, signed, issuer.publicKey, signature))
    if (isMade) madeBy = issuer
    return isMade
  }
}

function readPublicKey(spki: Uint8Array, named: (typeof CURVE_PREFIXES)[number] | undefined): PublicKey {
  try {
    // As a point it is one of the keys that crypto.ts keeps: all platforms have their CAs and signers in common.
    if (named !== undefined) return ecPublicKey(named[0], spki.subarray(named[1].byteLength))
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new AttestationError('CERTIFICATE_MALFORMED', 'OpenSSL cannot read the key', { cause })
  }
}

/** A key that OpenSSL cannot read, or not use here, makes it throw where it means no. */
function holds(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}

function malformed(message: string): AttestationError {
  return new AttestationError('CERTIFICATE_MALFORMED', message)
}

/** For public values: names, keys, certificates. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
