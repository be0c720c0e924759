import { ATTESTATION_ERRORS, type AttestationError, type AttestationErrorCode } from '../errors.ts'
import type { DEVICE_POLICY_CODES } from '../nvidia/faults.ts'
import type { Finding } from '../result.ts'
import { printable } from './printable.ts'
import { VERIFICATION_FINDINGS } from './verification-findings.ts'

/** How a code is put to people: the claim that it is about, and what to do. */
export interface FindingText {
  readonly claim: string
  readonly remedy: string
}

const UPDATE_PLATFORM = "The host's owner updates BIOS, microcode and TDX module, then the host attests again."
const PIN_OR_RELEASE =
  'If this build is meant, add its value to the policy; otherwise the host must run an accepted image.'
const REBUILD_TD = 'Start the guest again with the settings that the policy asks for.'
const ATTEST_AGAIN = 'The host attests again with a new challenge and keyset.'

/** What appraisal finds that verification does not: the policy's rules, and the binding of a host's evidence. */
const APPRAISAL_FINDINGS = {
  TCB_STATUS_TOLERATED: { claim: 'tcbStatus', remedy: UPDATE_PLATFORM },
  TCB_STATUS_IN_GRACE: { claim: 'tcbStatus', remedy: UPDATE_PLATFORM },
  TCB_ADVISORY_NOT_ALLOWED: {
    claim: 'advisories',
    remedy: `${UPDATE_PLATFORM} If an advisory does not apply, name it in the policy's allowed advisories.`
  },
  COLLATERAL_PAST_NEXT_UPDATE: { claim: 'collateral', remedy: 'Fetch current collateral from Intel.' },
  SEPT_VE_DISABLE_CLEAR: {
    claim: 'tdAttributes',
    remedy:
      'Start the guest with SEPT_VE_DISABLE, or, behind a paravisor that handles #VE itself, let the policy say "any".'
  },
  TD_ATTRIBUTES_REQUIRED_BIT_CLEAR: { claim: 'tdAttributes', remedy: REBUILD_TD },
  TD_ATTRIBUTES_FORBIDDEN_BIT_SET: { claim: 'tdAttributes', remedy: REBUILD_TD },
  MR_SERVICE_TD_MISMATCH: {
    claim: 'mrServiceTd',
    remedy:
      'A service TD can act on this guest: start it without one, or add the service TD that is meant to the policy.'
  },
  RTMR0_MISMATCH: { claim: 'rtmr0', remedy: PIN_OR_RELEASE },
  RTMR1_MISMATCH: { claim: 'rtmr1', remedy: PIN_OR_RELEASE },
  RTMR2_MISMATCH: { claim: 'rtmr2', remedy: PIN_OR_RELEASE },
  RTMR3_MISMATCH: { claim: 'rtmr3', remedy: PIN_OR_RELEASE },
  COMPOSE_HASH_MISMATCH: { claim: 'composeHash', remedy: PIN_OR_RELEASE },
  MODEL_WEIGHTS_MISMATCH: { claim: 'modelWeights', remedy: PIN_OR_RELEASE },
  RELEASE_UNVERIFIABLE: {
    claim: 'referenceValues',
    remedy: 'Appraise with the reference values of the log, or list the accepted values in a policy of your own.'
  },
  RELEASE_UNKNOWN: {
    claim: 'referenceValues',
    remedy:
      'If this build is meant, its release keys sign it into the log and the policy waits out its delay; otherwise the host must run a released image.'
  },
  EVENT_MISSING: { claim: 'eventLog', remedy: 'The agent extends RTMR3 with this event once, before it quotes.' },
  EVENT_REPEATED: { claim: 'eventLog', remedy: 'Start the guest again: RTMR3 was extended twice under one name.' },
  EVENT_UNPROVEN: {
    claim: 'eventLog',
    remedy: 'The host sends the log that its guest wrote, with the data of each event.'
  },
  MODEL_EVENT_MISMATCH: {
    claim: 'model',
    remedy: 'The keyset offers a model other than the one measured: start the guest with the model that it serves.'
  },
  WORKLOAD_UNPROVEN: {
    claim: 'workload',
    remedy: 'The policy judges what runs in the guest: appraise the evidence bundle instead of a bare quote.'
  },
  CHALLENGE_MISMATCH: { claim: 'nonce', remedy: ATTEST_AGAIN },
  CHALLENGE_IN_FUTURE: { claim: 'challenge', remedy: 'Set the clocks of appraiser and challenger.' },
  BEACON_NOT_ALLOWED: {
    claim: 'challenge',
    remedy: 'Challenge the host with a block of a network that the policy names.'
  },
  EVIDENCE_TOO_OLD: { claim: 'age', remedy: ATTEST_AGAIN },
  KEYSET_TOO_LONG: { claim: 'keyset', remedy: 'The agent makes keysets of at most 24 hours.' },
  DEVICE_EVIDENCE_MISSING: {
    claim: 'devices',
    remedy: 'The host sends a report of each GPU and NVSwitch, or a policy without device evidence is chosen.'
  },
  DEVICE_NOT_IN_EVIDENCE: {
    claim: 'devices',
    remedy: 'The keyset names a device that no report proves: the host attests again with all of its devices.'
  },
  DEVICE_NOT_IN_KEYSET: {
    claim: 'devices',
    remedy: "The report is of a device that the quote does not vouch for, such as another host's: do not use this host."
  },
  DEVICE_ARCHITECTURE_NOT_ALLOWED: {
    claim: 'devices',
    remedy: 'Use a host with devices that the policy takes, or name the architecture in a policy of your own.'
  },
  DRIVER_TOO_OLD: { claim: 'driver', remedy: "The host's owner updates the GPU driver in the guest's image." },
  VBIOS_TOO_OLD: { claim: 'vbios', remedy: "The host's owner updates the VBIOS through the vendor of the machine." },
  FWID_ABSENT: {
    claim: 'fwid',
    remedy: "The host's owner updates the GPU driver: from 550 on its reports name the firmware."
  },
  OCSP_IN_GRACE: { claim: 'revocation', remedy: 'Ask the OCSP service again: an outage is bridged for a while only.' },
  OCSP_UNKNOWN_TOLERATED: { claim: 'revocation', remedy: 'Ask NVIDIA why it does not know the certificate.' },
  OCSP_HOLD_TOLERATED: { claim: 'revocation', remedy: 'Ask NVIDIA why the certificate is on hold.' },
  RIM_EXPIRED_TOLERATED: {
    claim: 'rim',
    remedy: 'Fetch the manifest again: NVIDIA issues it anew under the same name.'
  },
  EVENT_UNREADABLE: { claim: 'eventLog', remedy: 'The guest must run an agent of this version.' },
  REMOTE_ATTESTATION_MISSING: {
    claim: 'remoteAttestation',
    remedy: "Ask NVIDIA's remote service for its opinion of these reports, or choose a policy that does without."
  },
  LOG_PROOF_MISSING: {
    claim: 'log',
    remedy: 'Ask a relay that shows the attestation in the log, or choose a policy whose log is "none".'
  },
  LEAF_KIND_MISMATCH: {
    claim: 'log',
    remedy: 'What is proven to be in the log is no attestation: do not use this host, and try another relay.'
  },
  LEAF_MISMATCH: {
    claim: 'log',
    remedy:
      'The attestation in the log is another one than the host shows: do not use this host, and try another relay.'
  },
  LEAF_LAPSED: { claim: 'log', remedy: ATTEST_AGAIN }
} as const satisfies Record<string, FindingText> & Record<(typeof DEVICE_POLICY_CODES)[number], FindingText>

export type AppraisalFindingCode = keyof typeof APPRAISAL_FINDINGS
export type FindingCode = AttestationErrorCode | AppraisalFindingCode

export const FINDING_CODES: readonly FindingCode[] = [
  ...(Object.keys(ATTESTATION_ERRORS) as AttestationErrorCode[]),
  ...(Object.keys(APPRAISAL_FINDINGS) as AppraisalFindingCode[])
]

const UNNAMED: FindingText = {
  claim: 'evidence',
  remedy: 'Do not use this host. Its owner finds the cause in the message and attests again.'
}

export function contraindicated(code: FindingCode, expected: string, actual: string): Finding {
  return makeFinding('contraindicated', code, expected, actual)
}

export function warning(code: FindingCode, expected: string, actual: string): Finding {
  return makeFinding('warning', code, expected, actual)
}

/** A refusal of verification as a finding. */
export function refusalFinding(error: AttestationError): Finding {
  return contraindicated(error.code, 'evidence that verifies', error.message)
}

function makeFinding(status: Finding['status'], code: FindingCode, expected: string, actual: string): Finding {
  const { claim, remedy } = textOf(code)
  return Object.freeze({ code, status, claim, expected: printable(expected), actual: printable(actual), remedy })
}

/** What people are told to do about a code. */
export function remedyOf(code: FindingCode): string {
  return textOf(code).remedy
}

function textOf(code: FindingCode): FindingText {
  const table: Readonly<Record<string, FindingText>> = { ...VERIFICATION_FINDINGS, ...APPRAISAL_FINDINGS }
  return table[code] ?? UNNAMED
}
