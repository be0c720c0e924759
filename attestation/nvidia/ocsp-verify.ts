import { equalBytes, sha256Hex, verifyEcdsaDer } from '../crypto.ts'
import { DerReader } from '../der.ts'
import { AttestationError } from '../errors.ts'
import { keepByDigest } from '../kept.ts'
import { type Certificate, parseCertificate } from '../x509.ts'
import { type ChainCodes, checkValidity, verifyChain } from '../x509-chain.ts'
import { type CertificateStatus, isResponseFor, type OcspResponse, parseOcspResponse } from './ocsp.ts'

const verified = Symbol('verified')

/** What a responder that the issuer named says of a certificate. Only `verifyOcsp` makes one. */
export interface VerifiedOcsp {
  readonly [verified]: true
  readonly status: CertificateStatus
  readonly thisUpdate: Date
  /** Until when it speaks. */
  readonly notAfter: Date
  /** Whether it speaks now: an answer that has lapsed may still count within a policy's grace. */
  readonly isCurrent: boolean
}

/** Whom an answer is about, and the nonce that it was asked with; null where it was asked without. */
export interface OcspQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly nonce: Uint8Array | null
}

const CODES: ChainCodes = { invalid: 'OCSP_INVALID', incomplete: 'OCSP_INVALID', untrusted: 'OCSP_INVALID' }
const EXTENDED_KEY_USAGE = '2.5.29.37'
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const MOST_KEPT = 4096
/** How far the responder's clock may be ahead. */
const CLOCK_SKEW_MS = 5 * 60 * 1000
/** An answer without nextUpdate says that newer is always to be had: it speaks for this long. */
const WITHOUT_NEXT_UPDATE_MS = 5 * 60 * 1000

interface Signer {
  readonly certificates: readonly Certificate[]
}

const keepSigner = keepByDigest<Signer>(MOST_KEPT)
/** The same, without a digest, for a response and an issuer that are kept themselves. */
const signersOf = new WeakMap<OcspResponse, WeakMap<Certificate, Signer>>()

/**
 * Verifies an OCSP answer (RFC 6960 §3.2):
 *
 * 1. It answers for this certificate, once.
 * 2. The issuer signed it, or a responder that the issuer itself certified for OCSP signing, in date.
 * 3. It has the nonce that it was asked with.
 * 4. It was not made in the future. Whether it has lapsed is said, not refused.
 */
export function verifyOcsp(response: OcspResponse, question: OcspQuestion, now: Date): VerifiedOcsp {
  const { certificate, issuer, nonce } = question
  const answers = response.responses.filter((single) => isResponseFor(single, certificate, issuer))
  const [answer, ...more] = answers
  if (answer === undefined || more.length > 0) {
    throw invalid(`${answers.length} answers for ${certificate.subject.commonName}, one wanted`)
  }
  const signer = findSigner(response, issuer)
  checkValidity(signer.certificates, now, 'OCSP_INVALID')
  if (nonce !== null && (response.nonce === undefined || !equalBytes(nonce, response.nonce))) {
    throw invalid('the answer is not to the nonce that was asked with')
  }
  if (answer.thisUpdate.getTime() > now.getTime() + CLOCK_SKEW_MS) throw invalid('the answer is of the future')
  const notAfter = answer.nextUpdate ?? new Date(answer.thisUpdate.getTime() + WITHOUT_NEXT_UPDATE_MS)
  const { status, thisUpdate } = answer
  return { [verified]: true, status, thisUpdate, notAfter, isCurrent: now <= notAfter }
}

/** `verifyOcsp` of an answer as bytes. */
export function verifyOcspBytes(der: Uint8Array, question: OcspQuestion, now: Date): VerifiedOcsp {
  return verifyOcsp(parseOcspResponse(der), question, now)
}

function findSigner(response: OcspResponse, issuer: Certificate): Signer {
  const known = signersOf.get(response) ?? new WeakMap<Certificate, Signer>()
  signersOf.set(response, known)
  // The certificates are no part of what is signed, and whoever hands an answer on may have chosen others.
  const digest = () => [issuer.der, response.signed, response.signature, ...response.certificates].map(sha256Hex).join()
  const signer = known.get(issuer) ?? keepSigner(digest(), () => authenticateSigner(response, issuer))
  known.set(issuer, signer)
  return signer
}

/** Who signed, with the certificates whose dates must hold. */
function authenticateSigner(response: OcspResponse, issuer: Certificate): Signer {
  if (isSignedBy(response, issuer)) return { certificates: [issuer] }
  const delegates = response.certificates.map(readCertificate)
  const delegate = delegates.find((candidate) => isSignedBy(response, candidate))
  if (delegate === undefined) throw invalid('signed neither by the issuer nor by a responder that came with it')
  verifyChain([delegate, issuer], [issuer], CODES, [EXTENDED_KEY_USAGE])
  if (!isForOcspSigning(delegate)) {
    throw invalid(`${delegate.subject.commonName} is not certified for OCSP signing`)
  }
  return { certificates: [delegate, issuer] }
}

function isForOcspSigning({ extensions }: Certificate): boolean {
  const extension = extensions.get(EXTENDED_KEY_USAGE)
  if (extension === undefined) return false
  const usages = new DerReader(extension.value, 'OCSP_INVALID').sequence('extendedKeyUsage')
  let isFor = false
  while (!usages.done) isFor = usages.oid('extendedKeyUsage') === OCSP_SIGNING || isFor
  return isFor
}

function isSignedBy(response: OcspResponse, { publicKey, curve }: Certificate): boolean {
  return curve === 'P-384' && verifyEcdsaDer('P-384', publicKey, response.signed, response.signature)
}

function readCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (cause) {
    throw new AttestationError('OCSP_INVALID', 'a certificate of the responder cannot be read', { cause })
  }
}

function invalid(message: string): AttestationError {
  return new AttestationError('OCSP_INVALID', message)
}
