import { ecPublicPoint, type PrivateKey, sha256, signEcdsa } from '../crypto.ts'
import {
  derBitString,
  derBoolean,
  derContext,
  derContextPrimitive,
  derEcdsaSignature,
  derInteger,
  derOctetString,
  derOid,
  derPrintable,
  derSequence,
  derSet,
  derTime,
  derUnsigned,
  derUtf8
} from '../der-writer.ts'
import { concatBytes, decodeHex, encodeUtf8 } from '../encoding.ts'
import type { Issuer } from './certificates.ts'

/** NVIDIA's device certificates have no end (RFC 5280 §4.1.2.5): revocation is all there is. */
export const NO_END: Date = new Date('9999-12-31T23:59:59Z')

/** What a certificate may do: sign certificates and CRLs, certificates alone, reports or tags, OCSP answers. */
export type DeviceCertificateRole = 'ca' | 'brom' | 'signer' | 'responder'

export interface DeviceName {
  readonly commonName: string
  /** The subject attribute of this name, not the certificate's number; a device's certificates have one. */
  readonly serialNumber?: string
}

export interface DeviceCertificateFields {
  readonly subject: DeviceName
  readonly role: DeviceCertificateRole
  readonly key: PrivateKey
  /** Big-endian, not negative. */
  readonly serialNumber: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions?: readonly Uint8Array[]
}

/** A CA with the names and the key that certificates under it need. */
export interface DeviceIssuer extends Issuer {
  readonly name: DeviceName
}

const ORGANISATION = 'Bombyx Virtual TEE'
const OCSP_URL = 'http://ocsp.virtual.invalid'

export const ECDSA_WITH_SHA384 = derSequence(derOid('1.2.840.10045.4.3.3'))
const OCSP_SIGNING = derOid('1.3.6.1.5.5.7.3.9')
const P384_SPKI_PREFIX = decodeHex('3076301006072a8648ce3d020106052b81040022036200')

/** Bits of KeyUsage from the left, and how many of the octet are not used. */
const KEY_USAGE = {
  ca: [0x06, 1],
  brom: [0x04, 2],
  signer: [0x80, 7],
  responder: [0x80, 7]
} as const satisfies Record<DeviceCertificateRole, readonly [octet: number, unused: number]>

/** DER of a P-384 certificate as NVIDIA's device and RIM chains have them; without an issuer it signs itself. */
export function createDeviceCertificate(fields: DeviceCertificateFields, issuer?: DeviceIssuer): Uint8Array {
  const parent = issuer ?? { name: fields.subject, key: fields.key }
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derUnsigned(fields.serialNumber),
    ECDSA_WITH_SHA384,
    encodeName(parent.name),
    derSequence(derTime(fields.notBefore), derTime(fields.notAfter)),
    encodeName(fields.subject),
    subjectPublicKeyInfo(fields.key),
    derContext(
      3,
      derSequence(...standardExtensions(fields, parent.key, issuer === undefined), ...(fields.extensions ?? []))
    )
  )
  return signedDer(tbs, parent.key)
}

/** `SEQUENCE { tbs, ecdsa-with-SHA384, signature, … }`: a certificate, or an OCSP answer with what follows it. */
export function signedDer(tbs: Uint8Array, key: PrivateKey, ...after: readonly Uint8Array[]): Uint8Array {
  const signature = derBitString(derEcdsaSignature(signEcdsa('P-384', key, tbs)))
  return derSequence(tbs, ECDSA_WITH_SHA384, signature, ...after)
}

/** RDNSequence in NVIDIA's order. */
export function encodeName({ commonName, serialNumber }: DeviceName): Uint8Array {
  const attribute = (arc: number, value: Uint8Array) => derSet(derSequence(derOid(`2.5.4.${arc}`), value))
  return derSequence(
    ...(serialNumber === undefined ? [] : [attribute(5, derPrintable(serialNumber))]),
    attribute(10, derUtf8(ORGANISATION)),
    attribute(3, derUtf8(commonName))
  )
}

/** The contents of the SubjectPublicKeyInfo's BIT STRING: the uncompressed point. */
export function publicKeyBits(key: PrivateKey): Uint8Array {
  return concatBytes(Uint8Array.of(4), ecPublicPoint(key))
}

export function subjectPublicKeyInfo(key: PrivateKey): Uint8Array {
  return concatBytes(P384_SPKI_PREFIX, publicKeyBits(key))
}

/** 20 bytes that name a key: the first of its hash. */
export function keyIdentifier(key: PrivateKey): Uint8Array {
  return sha256(publicKeyBits(key)).slice(0, 20)
}

/** A key's identifier as a positive number, as NVIDIA numbers the certificates of devices. */
export function serialNumberOfDevice(key: PrivateKey): Uint8Array {
  const serial = keyIdentifier(key)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value))
}

function standardExtensions(
  { role, key }: DeviceCertificateFields,
  issuerKey: PrivateKey,
  isRoot: boolean
): readonly Uint8Array[] {
  const [usage, unused] = KEY_USAGE[role]
  const isCa = role === 'ca' || role === 'brom'
  const location = derContextPrimitive(6, encodeUtf8(OCSP_URL))
  return [
    ...(isCa ? [extension('2.5.29.19', derSequence(derBoolean(true)), true)] : []),
    extension('2.5.29.15', derBitString(Uint8Array.of(usage), unused), true),
    extension('2.5.29.14', derOctetString(keyIdentifier(key))),
    extension('2.5.29.35', derSequence(derContextPrimitive(0, keyIdentifier(issuerKey)))),
    ...(role === 'responder' ? responderExtensions() : []),
    ...(isCa && !isRoot
      ? [extension('1.3.6.1.5.5.7.1.1', derSequence(derSequence(derOid('1.3.6.1.5.5.7.48.1'), location)))]
      : [])
  ]
}

/** RFC 6960 §4.2.2.2: authority to answer, and that the responder itself need not be asked about. */
function responderExtensions(): readonly Uint8Array[] {
  return [extension('2.5.29.37', derSequence(OCSP_SIGNING)), extension('1.3.6.1.5.5.7.48.1.5', Uint8Array.of(5, 0))]
}
