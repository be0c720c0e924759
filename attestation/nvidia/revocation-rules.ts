import type { Certificate } from '../x509.ts'
import { type DeviceFault, fault, tolerated } from './faults.ts'
import {
  chainRevocation,
  type KnownRevocations,
  type OcspAnswers,
  type Revocation,
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
  readonly answers: OcspAnswers
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
    faults: FAULTS[revocation.status](`${revocation.certificate}: ${revocation.reason}`, rules),
    notAfter: stands ? revocation.notAfter : UNBOUNDED
  }
}

const WANTED = 'certificates that their issuer says are good'

const FAULTS: Readonly<
  Record<Revocation['status'], (actual: string, rules: RevocationRules) => readonly DeviceFault[]>
> = {
  good: () => [],
  grace: (actual) => [tolerated('OCSP_IN_GRACE', WANTED, actual)],
  revoked: (actual) => [fault('OCSP_REVOKED', WANTED, actual)],
  hold: (actual, rules) => [
    rules.acceptCertificateHold ? tolerated('OCSP_HOLD_TOLERATED', WANTED, actual) : fault('OCSP_HOLD', WANTED, actual)
  ],
  unknown: (actual, rules) => [
    rules.acceptUnknown ? tolerated('OCSP_UNKNOWN_TOLERATED', WANTED, actual) : fault('OCSP_UNKNOWN', WANTED, actual)
  ],
  unavailable: (actual, rules) => (rules.required ? [fault('OCSP_UNAVAILABLE', WANTED, actual)] : [])
}
