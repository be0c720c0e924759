import { type PrivateKey, randomBytes, sha384 } from '../crypto.ts'
import {
  derContext,
  derContextPrimitive,
  derEnumerated,
  derGeneralizedTime,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned
} from '../der-writer.ts'
import { concatBytes } from '../encoding.ts'
import {
  createDeviceCertificate,
  type DeviceIssuer,
  encodeName,
  extension,
  publicKeyBits,
  signedDer
} from './device-certificates.ts'

export type OcspStatus = 'good' | 'revoked' | 'hold' | 'unknown'

/** An answer's signature changed, or an answer of somebody who may not answer. */
export const OCSP_FAULTS = ['signature', 'responder-without-authority'] as const

export type OcspFault = (typeof OCSP_FAULTS)[number]

export interface OcspFields {
  /** Of the certificate that is asked about. */
  readonly serialNumber: Uint8Array
  readonly issuer: DeviceIssuer
  readonly responderKey: PrivateKey
  readonly status: OcspStatus
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** What the question carried, 1 to 32 bytes; empty for an answer that is made for all. */
  readonly nonce: Uint8Array
  readonly faults: readonly OcspFault[]
}

const OCSP_BASIC = derOid('1.3.6.1.5.5.7.48.1.1')
const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2'
const SHA384 = derSequence(derOid('2.16.840.1.101.3.4.2.2'), Uint8Array.of(5, 0))
const REASONS = { revoked: 1, hold: 6 } as const
/** 90 days. */
const RESPONDER_LIFE_MS = 90 * 24 * 3600 * 1000
const RESPONDER_NAME = { commonName: 'Bombyx Virtual OCSP Responder' }

/**
 * DER of an OCSP answer (RFC 6960) about one certificate, by a responder that the certificate's own issuer has
 * delegated. The responder's certificate outlives the answer, so that one that has lapsed still tells who gave it.
 */
export function createVirtualOcsp(fields: OcspFields): Uint8Array {
  const { issuer, responderKey, thisUpdate, nonce, faults } = fields
  const certificate = createDeviceCertificate(
    {
      subject: RESPONDER_NAME,
      role: faults.includes('responder-without-authority') ? 'signer' : 'responder',
      key: responderKey,
      serialNumber: concatBytes(Uint8Array.of(0x40), randomBytes(15)),
      notBefore: thisUpdate,
      notAfter: new Date(thisUpdate.getTime() + RESPONDER_LIFE_MS)
    },
    issuer
  )
  const extensions = derContext(1, derSequence(extension(OCSP_NONCE, derOctetString(nonce))))
  const data = derSequence(
    derContext(1, encodeName(RESPONDER_NAME)),
    derGeneralizedTime(thisUpdate),
    derSequence(singleResponse(fields)),
    ...(nonce.byteLength === 0 ? [] : [extensions])
  )
  const basic = signedDer(data, responderKey, derContext(0, derSequence(certificate)))
  const shown = faults.includes('signature') ? withStatusTurned(basic, data) : basic
  return derSequence(derEnumerated(0), derContext(0, derSequence(OCSP_BASIC, derOctetString(shown))))
}

function singleResponse({ serialNumber, issuer, status, thisUpdate, nextUpdate }: OcspFields): Uint8Array {
  const certificateId = derSequence(
    SHA384,
    derOctetString(sha384(encodeName(issuer.name))),
    derOctetString(sha384(publicKeyBits(issuer.key))),
    derUnsigned(serialNumber)
  )
  return derSequence(
    certificateId,
    certificateStatus(status, thisUpdate),
    derGeneralizedTime(thisUpdate),
    derContext(0, derGeneralizedTime(nextUpdate))
  )
}

function certificateStatus(status: OcspStatus, since: Date): Uint8Array {
  if (status === 'good') return derContextPrimitive(0, new Uint8Array(0))
  if (status === 'unknown') return derContextPrimitive(2, new Uint8Array(0))
  return derContext(1, concatBytes(derGeneralizedTime(since), derContext(0, derEnumerated(REASONS[status]))))
}

/** The last bit of the signed data turned: it is a digit of a time, or of the nonce. */
function withStatusTurned(basic: Uint8Array, data: Uint8Array): Uint8Array {
  const end = basic.findIndex((_, at) => data.every((byte, offset) => basic[at + offset] === byte)) + data.byteLength
  return basic.map((byte, at) => (at === end - 2 ? byte ^ 1 : byte))
}
