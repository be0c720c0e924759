import { derContext, derContextPrimitive, derInteger, derSequence, derTime, derUnsigned } from '../der-writer.ts'
import { encodeUtf8 } from '../encoding.ts'
import {
  type DeviceIssuer,
  ECDSA_WITH_SHA384,
  encodeName,
  extension,
  keyIdentifier,
  signedDer
} from './device-certificates.ts'

const CRL_HOST = 'http://crl.virtual.invalid'
const CRL_NUMBER = '2.5.29.20'
const CRL_DISTRIBUTION_POINTS = '2.5.29.31'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'

export interface CrlDates {
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

/** DER of a complete, direct CRL (RFC 5280 §5) of an authority for devices or manifests. Serial numbers are big-endian. */
export function createVirtualCrl(
  issuer: DeviceIssuer,
  revoked: readonly Uint8Array[],
  { thisUpdate, nextUpdate }: CrlDates
): Uint8Array {
  const entries = revoked.map((serial) => derSequence(derUnsigned(serial), derTime(thisUpdate)))
  const tbs = derSequence(
    derInteger(1),
    ECDSA_WITH_SHA384,
    encodeName(issuer.name),
    derTime(thisUpdate),
    derTime(nextUpdate),
    ...(entries.length === 0 ? [] : [derSequence(...entries)]),
    derContext(
      0,
      derSequence(
        extension(AUTHORITY_KEY_IDENTIFIER, derSequence(derContextPrimitive(0, keyIdentifier(issuer.key)))),
        extension(CRL_NUMBER, derInteger(1))
      )
    )
  )
  return signedDer(tbs, issuer.key)
}

/** Where the certificates of an authority say that its CRL is. */
export function crlLocationExtension(role: string): Uint8Array {
  const location = derContextPrimitive(6, encodeUtf8(`${CRL_HOST}${virtualCrlPath(role)}`))
  const point = derSequence(derContext(0, derContext(0, location)))
  return extension(CRL_DISTRIBUTION_POINTS, derSequence(point))
}

export function virtualCrlPath(role: string): string {
  return `/crl/${role}.crl`
}
