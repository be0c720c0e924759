import { AttestationError } from '../errors.ts'
import { sameBytes } from '../x509.ts'
import type { EnclaveReport } from './body.ts'
import { JsonMembers } from './json-members.ts'
import { type MatchedLevel, NO_LEVEL } from './status.ts'
import { type IsvSvnLevel, readIsvSvnLevels } from './tcb-info.ts'

/** Intel's enclave identity, version 2: what a genuine Quoting Enclave looks like. */
export interface QeIdentity {
  readonly id: string
  readonly issueDate: Date
  readonly nextUpdate: Date
  readonly evaluationDataNumber: number
  readonly miscSelect: Uint8Array
  readonly miscSelectMask: Uint8Array
  readonly attributes: Uint8Array
  readonly attributesMask: Uint8Array
  readonly mrSigner: Uint8Array
  readonly isvProdId: number
  /** Highest first. */
  readonly tcbLevels: readonly IsvSvnLevel[]
}

/** Reads the signed text. Refuses every version but 2 and everything that is not of its shape. */
export function parseQeIdentity(text: string): QeIdentity {
  const identity = JsonMembers.parse(text, 'COLLATERAL_MALFORMED')
  const version = identity.integer('version', 0xffff)
  if (version !== 2) throw new AttestationError('QE_IDENTITY_VERSION_INVALID', `QE identity version ${version}`)
  return {
    id: identity.text('id'),
    issueDate: identity.date('issueDate'),
    nextUpdate: identity.date('nextUpdate'),
    evaluationDataNumber: identity.integer('tcbEvaluationDataNumber', 0xffff_ffff),
    // In the report's byte order, as Intel's library takes it.
    miscSelect: identity.hex('miscselect', 4),
    miscSelectMask: identity.hex('miscselectMask', 4),
    attributes: identity.hex('attributes', 16),
    attributesMask: identity.hex('attributesMask', 16),
    mrSigner: identity.hex('mrsigner', 32),
    isvProdId: identity.integer('isvprodid', 0xffff),
    tcbLevels: readIsvSvnLevels(identity)
  }
}

/** Checks a Quoting Enclave's report against the identity, and finds its level by ISVSVN. */
export function matchQeIdentity(report: EnclaveReport, identity: QeIdentity): MatchedLevel {
  if (!sameBytes(report.mrSigner, identity.mrSigner)) {
    throw new AttestationError('QE_IDENTITY_MRSIGNER_MISMATCH', 'QE MRSIGNER is not the one of the identity')
  }
  if (!matchesMasked(report.miscSelect, identity.miscSelect, identity.miscSelectMask)) throw mismatch('MISCSELECT')
  if (!matchesMasked(report.attributes, identity.attributes, identity.attributesMask)) throw mismatch('ATTRIBUTES')
  if (report.isvProdId !== identity.isvProdId) throw mismatch('ISVPRODID')
  return identity.tcbLevels.find((level) => report.isvSvn >= level.isvSvn) ?? NO_LEVEL
}

function matchesMasked(actual: Uint8Array, expected: Uint8Array, mask: Uint8Array): boolean {
  return mask.every((octet, i) => ((actual[i] ?? 0) & octet) === expected[i])
}

function mismatch(field: string): AttestationError {
  return new AttestationError('QE_IDENTITY_FIELD_MISMATCH', `QE ${field} is not the one of the identity`)
}
