import { ATTESTATION_ERRORS, type AttestationErrorCode } from '../errors.ts'

interface FindingText {
  readonly claim: string
  readonly remedy: string
}

const APPRAISAL_FINDINGS = {} as const satisfies Record<string, FindingText>
export type FindingCode = AttestationErrorCode | keyof typeof APPRAISAL_FINDINGS
export const FINDING_CODES: readonly FindingCode[] = [
  ...(Object.keys(ATTESTATION_ERRORS) as AttestationErrorCode[]),
  ...(Object.keys(APPRAISAL_FINDINGS) as (keyof typeof APPRAISAL_FINDINGS)[])
]
