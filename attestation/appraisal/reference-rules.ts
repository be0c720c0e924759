import { equalBytes } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import type { TdBody } from '../tdx/body.ts'
import { contraindicated, type FindingCode } from './findings.ts'
import type { ReferenceValues } from './policy-document.ts'

type TdReference = Exclude<keyof Policy['referenceValues'], 'composeHash' | 'modelWeights'>

interface ReferenceRule {
  readonly code: FindingCode
  /** Undefined where the quote's format has no such field. */
  readonly read: (body: TdBody) => Uint8Array | undefined
}

/** Each field of the TD report that a policy can pin, with the code of a mismatch. */
const TD_REFERENCES = {
  mrTd: { code: 'MRTD_MISMATCH', read: (body) => body.mrTd },
  rtmr0: { code: 'RTMR0_MISMATCH', read: (body) => body.rtmrs[0] },
  rtmr1: { code: 'RTMR1_MISMATCH', read: (body) => body.rtmrs[1] },
  rtmr2: { code: 'RTMR2_MISMATCH', read: (body) => body.rtmrs[2] },
  rtmr3: { code: 'RTMR3_MISMATCH', read: (body) => body.rtmrs[3] },
  mrSeam: { code: 'MR_SEAM_NOT_ALLOWED', read: (body) => body.mrSeam },
  mrConfigId: { code: 'MR_CONFIG_ID_MISMATCH', read: (body) => body.mrConfigId },
  mrOwner: { code: 'MR_OWNER_MISMATCH', read: (body) => body.mrOwner },
  mrOwnerConfig: { code: 'MR_OWNER_CONFIG_MISMATCH', read: (body) => body.mrOwnerConfig },
  mrServiceTd: {
    code: 'MR_SERVICE_TD_MISMATCH',
    read: (body) => (body.kind === 'tdx15' ? body.mrServiceTd : undefined)
  }
} as const satisfies Record<TdReference, ReferenceRule>

/** The fields that a policy can pin, as this body has them. */
export function measuredRegisters(body: TdBody): ReadonlyMap<TdReference, Uint8Array> {
  return new Map(
    (Object.keys(TD_REFERENCES) as TdReference[]).flatMap((field) => {
      const { read }: ReferenceRule = TD_REFERENCES[field]
      const actual = read(body)
      return actual === undefined ? [] : [[field, actual] as const]
    })
  )
}

export function referenceFindings(body: TdBody, { referenceValues }: Policy): readonly Finding[] {
  // A body of TD 1.0 cannot show a service TD. Verification refuses MIGRATABLE, without which none can move the guest.
  return [...measuredRegisters(body)].flatMap(([field, actual]) =>
    referenceFinding(referenceValues[field], actual, TD_REFERENCES[field].code)
  )
}

/** At most one finding; a list without values accepts nothing. What must be released is judged as a whole: `releaseFindings`. */
export function referenceFinding(wanted: ReferenceValues, actual: Uint8Array, code: FindingCode): readonly Finding[] {
  if (wanted === 'any' || wanted === 'released') return []
  if (wanted.some((value) => equalBytes(value, actual))) return []
  const expected = wanted.length === 0 ? 'nothing: the policy lists no value' : wanted.map(encodeHex).join(' or ')
  return [contraindicated(code, expected, encodeHex(actual))]
}
