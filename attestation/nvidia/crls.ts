import { DER_TAG, DerReader } from '../der.ts'
import { AttestationError } from '../errors.ts'
import { type Certificate, type Crl, parseCrl } from '../x509.ts'
import { verifyCrl } from '../x509-chain.ts'

/** What an issuer's newest CRL says of one of its certificates. */
export interface CrlStatus {
  readonly isRevoked: boolean
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

export const MAX_CRL_BYTES = 1 << 18
const CRL_DISTRIBUTION_POINTS = '2.5.29.31'
const URI = 0x86

/** Reads CRLs; one that cannot be read is as one that nobody gave. */
export function readCrls(ders: readonly Uint8Array[]): readonly Crl[] {
  return ders.flatMap((der) => {
    try {
      return der.byteLength > MAX_CRL_BYTES ? [] : [parseCrl(der)]
    } catch (error) {
      if (error instanceof AttestationError) return []
      throw error
    }
  })
}

/** Reads a CRL that this issuer signed, of whatever date, at most 256 KiB. Throws `CERTIFICATE_MALFORMED` and `OCSP_INVALID`. */
export function authenticateCrl(der: Uint8Array, issuer: Certificate): Crl {
  if (der.byteLength > MAX_CRL_BYTES) {
    throw new AttestationError('OCSP_INVALID', `CRL of ${der.byteLength} bytes, at most ${MAX_CRL_BYTES}`)
  }
  const crl = parseCrl(der)
  verifyCrl(crl, issuer, 'OCSP_INVALID')
  return crl
}

/** Of the issuer's own CRLs, none of the future, the newest; undefined where there is none. Whether it is in date is said. */
export function crlStatus(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  now: Date
): CrlStatus | undefined {
  const own = crls.filter((crl) => crl.thisUpdate <= now && isOf(crl, issuer))
  const [newest] = own.sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())
  if (newest === undefined) return undefined
  const { thisUpdate, nextUpdate } = newest
  return { isRevoked: newest.revoked.has(certificate.serialNumber), thisUpdate, nextUpdate }
}

/**
 * Where a certificate says that its issuer's CRL is (RFC 5280 §4.2.1.13): the first URI of the first distribution point.
 * Undefined where it says nothing, as the certificates of single devices do.
 */
export function crlLocation({ extensions }: Certificate): string | undefined {
  const extension = extensions.get(CRL_DISTRIBUTION_POINTS)
  if (extension === undefined) return undefined
  try {
    const points = new DerReader(extension.value, 'CERTIFICATE_MALFORMED').sequence('distributionPoints')
    const point = points.enter(DER_TAG.sequence, 'distributionPoint')
    const { tag, content } = point.enter(0xa0, 'distributionPointName').enter(0xa0, 'fullName').any('generalName')
    return tag === URI ? Buffer.from(content).toString('latin1') : undefined
  } catch (error) {
    if (error instanceof AttestationError) return undefined
    throw error
  }
}

function isOf(crl: Crl, issuer: Certificate): boolean {
  try {
    verifyCrl(crl, issuer, 'OCSP_INVALID')
    return true
  } catch (error) {
    if (error instanceof AttestationError) return false
    throw error
  }
}
