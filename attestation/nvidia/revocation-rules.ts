import type { Certificate } from '../x509.ts'
import { type DeviceFault, fault, tolerated } from './faults.ts'
import {
  chainRevocation,
  type KnownRevocations,
  type Revocation,
  type RevocationAnswers,
  type RevocationStatus
} from './revocation.ts'

/** A policy's `devices.ocsp`. */
export interface RevocationRules {
  /** Whether a certificate that nobody answers for is refused. */
  readonly required: boolean
  readonly acceptUnknown: boolean
  readonly acceptCertificateHold: boolean
  readonly graceAfterLastGoodSeconds: number
}

export interface RevocationVerdict {
  readonly status: RevocationStatus
  readonly faults: readonly DeviceFault[]
  /** Until when it stands; the moment of appraisal where it does not. */
  readonly notAfter: Date
}

export interface RevocationContext {
  readonly answers: RevocationAnswers
  readonly rules: RevocationRules
  readonly now: Date
  readonly known: KnownRevocations
}

/** What no endorsement bounds is bounded by the policy's maximum age alone. */
export const UNBOUNDED = new Date(8_640_000_000_000_000)

/** Holds a chain's revocation against the rules. A certificate that is revoked refuses, whatever they say. */
export function revocationVerdict(
  chain: readonly Certificate[],
  from: 0 | 1,
  { answers, rules, now, known }: RevocationContext
): RevocationVerdict {
  const revocation = chainRevocation(chain, from, answers, {
    ...{ now, known },
    graceSeconds: rules.graceAfterLastGoodSeconds
  })
  const stands = revocation.status === 'good' || revocation.status === 'grace'
  return {
    status: revocation.status,
    faults: FAULTS[revocation.status](revocation, rules),
    notAfter: stands ? revocation.notAfter : UNBOUNDED
  }
}

const WANTED = 'certificates that their issuer says are good'

const FAULTS: Readonly<
  Record<Revocation['status'], (revocation: Revocation, rules: RevocationRules) => readonly DeviceFault[]>
> = {
  good: () => [],
  grace: (found) => [tolerated('OCSP_IN_GRACE', WANTED, inWords(found))],
  revoked: (found) => [fault('OCSP_REVOKED', WANTED, inWords(found))],
  hold: (found, rules) => [
    rules.acceptCertificateHold
      ? tolerated('OCSP_HOLD_TOLERATED', WANTED, inWords(found))
      : fault('OCSP_HOLD', WANTED, inWords(found))
  ],
  unknown: (found, rules) => [
    rules.acceptUnknown
      ? tolerated('OCSP_UNKNOWN_TOLERATED', WANTED, inWords(found))
      : fault('OCSP_UNKNOWN', WANTED, inWords(found))
  ],
  unavailable: (found, rules) => (rules.required ? [fault('OCSP_UNAVAILABLE', WANTED, inWords(found))] : [])
}

function inWords({ certificate, reason }: Revocation): string {
  return `${certificate}: ${reason}`
}
