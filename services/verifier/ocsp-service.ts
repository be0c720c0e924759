import { authenticateCrl } from '../../attestation/nvidia/crls.ts'
import { encodeOcspRequest, OCSP_NONCE_LENGTH } from '../../attestation/nvidia/ocsp-request.ts'
import { verifyOcspBytes } from '../../attestation/nvidia/ocsp-verify.ts'
import { parseCertificate } from '../../attestation/x509.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { AskedCertificate, AskedCrl } from './device-endorsements.ts'
import { type HttpLimits, httpGet, httpRequest } from './http.ts'

/** NVIDIA's OCSP responder and CRLs, or those in their place. */
export interface RevocationServiceConfig {
  /** Where questions are posted to, whatever a certificate names. */
  readonly ocspUrl: string
  /** Where CRLs are, under the paths that certificates name. */
  readonly crlUrl: string
  readonly limits: HttpLimits
}

export const NVIDIA_OCSP_URL = 'https://ocsp.ndis.nvidia.com'
/** As NVIDIA's certificates name it. A CRL is signed and dated, and stands in for OCSP at most. */
export const NVIDIA_CRL_URL = 'http://crl.ndis.nvidia.com'

/** An answer about one certificate, as it came. */
export interface OcspAnswer {
  readonly der: Uint8Array
  readonly notAfter: Date
}

/**
 * Asks whether a certificate is revoked, with a nonce. Takes an answer only from whom the issuer named, to this nonce, that
 * speaks now; whether it says good is for appraisal. Throws `COLLATERAL_UNAVAILABLE`, `OCSP_MALFORMED`, `OCSP_INVALID`.
 */
export async function fetchOcspAnswer(
  asked: AskedCertificate,
  { ocspUrl, limits }: RevocationServiceConfig,
  { now, random }: { readonly now: () => Date; readonly random: (length: number) => Uint8Array },
  signal: AbortSignal
): Promise<OcspAnswer> {
  const [certificate, issuer] = [parseCertificate(asked.certificate), parseCertificate(asked.issuer)]
  const nonce = random(OCSP_NONCE_LENGTH)
  const { body: der } = await httpRequest(
    {
      url: new URL(ocspUrl),
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: encodeOcspRequest(certificate, issuer, nonce)
    },
    limits,
    signal
  )
  const { isCurrent, notAfter } = verifyOcspBytes(der, { certificate, issuer, nonce }, now())
  if (isCurrent) return { der, notAfter }
  throw new ServiceError(
    'COLLATERAL_UNAVAILABLE',
    `the answer about ${asked.serialNumber} lapsed ${notAfter.toISOString()}`
  )
}

/** Fetches a CRL and takes it only from its issuer: what comes over HTTP is anybody's. Throws as `fetchOcspAnswer` does. */
export async function fetchCrl(
  { path, issuer }: AskedCrl,
  { crlUrl, limits }: RevocationServiceConfig,
  signal: AbortSignal
): Promise<Uint8Array> {
  const { body } = await httpGet(new URL(path, crlUrl), limits, signal)
  authenticateCrl(body, parseCertificate(issuer))
  return body
}
