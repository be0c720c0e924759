import { AttestationError } from '../errors.ts'
import type { Certificate, Crl } from '../x509.ts'
import { crlStatus, readCrls } from './crls.ts'
import { type CertificateStatus, type OcspResponse, tryParseOcspResponse } from './ocsp.ts'
import { type VerifiedOcsp, verifyOcsp } from './ocsp-verify.ts'

/**
 * What is known of a chain's revocation, the worst last: `grace` is a good answer that has lapsed, within the time that a
 * policy allows for an outage; `unavailable` is no answer, or none that counts.
 */
export type RevocationStatus = 'good' | 'grace' | 'unknown' | 'unavailable' | 'hold' | 'revoked'

export interface Revocation {
  readonly status: RevocationStatus
  /** The certificate that the status is of, and why it is this. */
  readonly certificate: string
  readonly reason: string
  /** Until when the answers of the whole chain count; the time asked about where one does not. */
  readonly notAfter: Date
}

/** OCSP answers by the serial numbers that they speak of. */
export type OcspAnswers = ReadonlyMap<string, readonly OcspResponse[]>

/** What issuers say of their certificates. */
export interface RevocationAnswers {
  readonly ocsp: OcspAnswers
  readonly crls: readonly Crl[]
}

export function readRevocationAnswers(ocsp: readonly Uint8Array[], crls: readonly Uint8Array[]): RevocationAnswers {
  return { ocsp: indexOcspAnswers(ocsp), crls: readCrls(crls) }
}

const SEVERITY: readonly RevocationStatus[] = ['good', 'grace', 'unknown', 'unavailable', 'hold', 'revoked']

/** Reads answers; one that cannot be read is as one that nobody gave. */
export function indexOcspAnswers(ders: readonly Uint8Array[]): OcspAnswers {
  const answers = new Map<string, OcspResponse[]>()
  for (const response of ders.map(tryParseOcspResponse)) {
    for (const serial of new Set(response?.responses.map(({ serialNumber }) => serialNumber))) {
      if (response !== undefined) answers.set(serial, [...(answers.get(serial) ?? []), response])
    }
  }
  return answers
}

/** What was found of certificates already, in one appraisal: devices have most of theirs in common. */
export type KnownRevocations = Map<Certificate, { readonly issuer: Certificate; readonly revocation: Revocation }>

interface Moment {
  readonly now: Date
  readonly graceSeconds: number
  readonly known: KnownRevocations
}

/**
 * The worst status in a chain, of all certificates but the root and, for a device, the leaf, which its firmware makes
 * anew at each start: `from` is the first that is asked about.
 */
export function chainRevocation(
  chain: readonly Certificate[],
  from: 0 | 1,
  answers: RevocationAnswers,
  when: Moment
): Revocation {
  const statuses = chain.slice(from, -1).map((certificate, at) => {
    const issuer = chain[from + at + 1]
    return issuer === undefined
      ? unavailable(certificate, when.now, 'no issuer')
      : knownRevocation(certificate, issuer, answers, when)
  })
  const worst = statuses.reduce((a, b) => (SEVERITY.indexOf(b.status) > SEVERITY.indexOf(a.status) ? b : a))
  const notAfter = new Date(Math.min(...statuses.map((status) => status.notAfter.getTime())))
  return { ...worst, notAfter }
}

function knownRevocation(
  certificate: Certificate,
  issuer: Certificate,
  answers: RevocationAnswers,
  when: Moment
): Revocation {
  const known = when.known.get(certificate)
  if (known !== undefined && known.issuer === issuer) return known.revocation
  const revocation = certificateRevocation(certificate, issuer, answers, when)
  when.known.set(certificate, { issuer, revocation })
  return revocation
}

/**
 * A CRL stands in where OCSP does not say that a certificate is good now, for as long after it was made as a policy bears an
 * outage: whoever withholds OCSP could otherwise show one from before a revocation until its `nextUpdate`. What either
 * calls revoked stays so.
 */
function certificateRevocation(
  certificate: Certificate,
  issuer: Certificate,
  answers: RevocationAnswers,
  when: Moment
): Revocation {
  const asked = ocspRevocation(certificate, issuer, answers.ocsp, when)
  const listed = crlStatus(certificate, issuer, answers.crls, when.now)
  if (listed === undefined || asked.status === 'revoked') return asked
  const reason = `the CRL of ${listed.thisUpdate.toISOString()}`
  const of = { certificate: certificate.subject.commonName, reason }
  if (listed.isRevoked) return { status: 'revoked', ...of, notAfter: when.now }
  const isMissing = asked.status === 'grace' || asked.status === 'unavailable'
  const graceEnds = listed.thisUpdate.getTime() + when.graceSeconds * 1000
  const notAfter = new Date(Math.min(listed.nextUpdate.getTime(), graceEnds))
  return isMissing && when.now <= notAfter ? { status: 'good', ...of, notAfter } : asked
}

function ocspRevocation(
  certificate: Certificate,
  issuer: Certificate,
  answers: OcspAnswers,
  { now, graceSeconds }: Moment
): Revocation {
  const { verified, faults } = verifyAnswers(certificate, issuer, answers, now)
  const [newest] = [...verified].sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())
  if (newest === undefined) return unavailable(certificate, now, faults.join('; ') || 'no answer')
  // What is revoked stays so, whatever an older or newer answer says.
  const status: CertificateStatus = verified.some((answer) => answer.status === 'revoked') ? 'revoked' : newest.status
  const name = certificate.subject.commonName
  if (status === 'good' && newest.isCurrent) {
    return { status, certificate: name, reason: 'its issuer says so', notAfter: newest.notAfter }
  }
  if (status !== 'good') {
    return { status, certificate: name, reason: `answered ${newest.thisUpdate.toISOString()}`, notAfter: now }
  }
  const graceEnd = new Date(newest.thisUpdate.getTime() + graceSeconds * 1000)
  const lapsed = `the last answer is of ${newest.thisUpdate.toISOString()} and lapsed ${newest.notAfter.toISOString()}`
  if (now > graceEnd) return unavailable(certificate, now, lapsed)
  return { status: 'grace', certificate: name, reason: lapsed, notAfter: graceEnd }
}

function verifyAnswers(certificate: Certificate, issuer: Certificate, answers: OcspAnswers, now: Date) {
  const verified: VerifiedOcsp[] = []
  const faults: string[] = []
  for (const response of answers.get(certificate.serialNumber) ?? []) {
    try {
      // The nonce was the fetcher's to compare: who reads a stored answer has its dates.
      verified.push(verifyOcsp(response, { certificate, issuer, nonce: null }, now))
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      faults.push(error.message)
    }
  }
  return { verified, faults }
}

function unavailable(certificate: Certificate, now: Date, reason: string): Revocation {
  return { status: 'unavailable', certificate: certificate.subject.commonName, reason, notAfter: now }
}
