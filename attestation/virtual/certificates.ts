import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  PublicKey as SubjectPublicKey,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason
} from '@peculiar/x509'
import { ecPublicPoint, type PrivateKey, sha256 } from '../crypto.ts'
import { encodeBase64Url, encodeHex } from '../encoding.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const CRL_URL = 'https://virtual.invalid/sgx-root-ca.crl'

/** Who signs: a certificate of a CA, and its key. */
export interface Issuer {
  readonly certificate: Uint8Array
  readonly key: PrivateKey
}

export interface CertificateFields {
  readonly commonName: string
  readonly key: PrivateKey
  readonly role: 'root' | 'ca' | 'leaf'
  readonly notBefore: Date
  readonly notAfter: Date
  /** Hex; by default the first bytes of the key's hash, so that one key has one certificate. */
  readonly serialNumber?: string
  readonly extensions?: readonly { readonly oid: string; readonly value: Uint8Array }[]
}

export interface CrlFields {
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Serial numbers in hex. */
  readonly revoked: readonly string[]
}

const ROLES = {
  root: { constraints: new BasicConstraintsExtension(true, 1, true), usage: 'ca' },
  ca: { constraints: new BasicConstraintsExtension(true, 0, true), usage: 'ca' },
  leaf: { constraints: new BasicConstraintsExtension(false, undefined, true), usage: 'leaf' }
} as const

const USAGES = {
  ca: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
  leaf: KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation
} as const

/** DER of a P-256 certificate with the extensions of Intel's; without an issuer it signs itself. */
export async function createCertificate(fields: CertificateFields, issuer?: Issuer): Promise<Uint8Array> {
  const publicKey = await subjectPublicKey(fields.key)
  const parent = issuer && new X509Certificate(Buffer.from(issuer.certificate))
  const subject = name(fields.commonName)
  const { constraints, usage } = ROLES[fields.role]
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: parent ? parent.subjectName : subject,
    serialNumber: fields.serialNumber ?? serialNumberOf(fields.key),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    publicKey,
    signingKey: signingKey(issuer?.key ?? fields.key),
    signingAlgorithm: ECDSA,
    extensions: [
      await AuthorityKeyIdentifierExtension.create(parent ? parent.publicKey : publicKey),
      new CRLDistributionPointsExtension([CRL_URL]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      new KeyUsagesExtension(USAGES[usage], true),
      constraints,
      ...(fields.extensions ?? []).map(({ oid, value }) => new Extension(oid, false, Buffer.from(value)))
    ]
  })
  return new Uint8Array(certificate.rawData)
}

/** DER of a CRL that names its revoked certificates for key compromise. */
export async function createCrl(fields: CrlFields, issuer: Issuer): Promise<Uint8Array> {
  const parent = new X509Certificate(Buffer.from(issuer.certificate))
  const crl = await X509CrlGenerator.create({
    issuer: parent.subjectName,
    thisUpdate: fields.thisUpdate,
    nextUpdate: fields.nextUpdate,
    entries: fields.revoked.map((serialNumber) => ({
      serialNumber,
      revocationDate: fields.thisUpdate,
      reason: X509CrlReason.keyCompromise
    })),
    extensions: [
      new Extension('2.5.29.20', false, Uint8Array.of(2, 1, 1)),
      await AuthorityKeyIdentifierExtension.create(parent.publicKey)
    ],
    signingKey: signingKey(issuer.key),
    signingAlgorithm: ECDSA
  })
  return new Uint8Array(crl.rawData)
}

/** 20 bytes of hex whose first bit is 0, as a positive serial number is. */
export function serialNumberOf(key: PrivateKey): string {
  const serial = sha256(ecPublicPoint(key)).slice(0, 20)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return encodeHex(serial)
}

function name(commonName: string): string {
  return `CN=${commonName}, O=Bombyx Virtual TEE`
}

function signingKey(key: PrivateKey) {
  return key.toCryptoKey(ECDSA, false, ['sign'])
}

async function subjectPublicKey(key: PrivateKey): Promise<SubjectPublicKey> {
  const point = ecPublicPoint(key)
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: encodeBase64Url(point.subarray(0, 32)),
    y: encodeBase64Url(point.subarray(32))
  }
  return SubjectPublicKey.create(await crypto.subtle.importKey('jwk', jwk, ECDSA, true, ['verify']))
}
