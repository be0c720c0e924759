import { derContext, derOctetString, derOid, derSequence, derUnsigned } from '../der-writer.ts'
import { decodeHex } from '../encoding.ts'
import type { Certificate } from '../x509.ts'
import { issuerId, OCSP_NONCE, SHA384_OID } from './ocsp.ts'

/** RFC 8954: 1 to 32 octets. NVIDIA's responder repeats it. */
export const OCSP_NONCE_LENGTH = 32
const HASH_ALGORITHM = derSequence(derOid(SHA384_OID), Uint8Array.of(5, 0))

/** DER of the question (RFC 6960 §4.1.1) whether `issuer` has revoked `certificate`: one CertID by SHA-384, with a nonce. */
export function encodeOcspRequest(certificate: Certificate, issuer: Certificate, nonce: Uint8Array): Uint8Array {
  const { name, key } = issuerId(issuer, SHA384_OID)
  const certificateId = derSequence(
    HASH_ALGORITHM,
    derOctetString(name),
    derOctetString(key),
    derUnsigned(decodeHex(certificate.serialNumber))
  )
  const nonceExtension = derSequence(derOid(OCSP_NONCE), derOctetString(derOctetString(nonce)))
  return derSequence(derSequence(derSequence(derSequence(certificateId)), derContext(2, derSequence(nonceExtension))))
}
