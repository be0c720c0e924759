import { equalBytes, sha256 } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import { readBits, TD_ATTRIBUTE } from '../tdx/attributes.ts'
import type { TdBody } from '../tdx/body.ts'
import type { VerifiedTdxQuote } from '../tdx/verify.ts'
import { contraindicated, type FindingCode } from './findings.ts'
import type { PolicyFields } from './policy-document.ts'
import { referenceFindings } from './reference-rules.ts'
import { tcbFindings } from './tcb-rules.ts'

type Mask = PolicyFields['td']['xfam']

/** Everything that a policy says of a verified quote alone. */
export function quoteFindings(verified: VerifiedTdxQuote, policy: Policy, now: Date): readonly Finding[] {
  const { body } = verified.quote
  const general = [...anchorFindings(verified, policy), ...tcbFindings(verified, policy, now)]
  if (body.kind === 'sgx') return [contraindicated('WRONG_TEE_TYPE', 'a TDX quote', 'an SGX enclave quote'), ...general]
  return [...general, ...attributeFindings(body, policy), ...referenceFindings(body, policy)]
}

function anchorFindings({ rootFingerprint }: VerifiedTdxQuote, { anchor }: Policy): readonly Finding[] {
  const wanted = sha256(anchor.root)
  if (equalBytes(rootFingerprint, wanted)) return []
  return [contraindicated('ROOT_CA_UNTRUSTED', `root ${encodeHex(wanted)}`, `root ${encodeHex(rootFingerprint)}`)]
}

function attributeFindings({ tdAttributes, xfam }: TdBody, { td }: Policy): readonly Finding[] {
  return [
    ...maskFindings(tdAttributes, td.attributes, 'TD_ATTRIBUTES_REQUIRED_BIT_CLEAR', 'TD_ATTRIBUTES_FORBIDDEN_BIT_SET'),
    ...maskFindings(xfam, td.xfam, 'XFAM_REQUIRED_BIT_CLEAR', 'XFAM_FORBIDDEN_BIT_SET'),
    ...septVeDisableFindings(tdAttributes, td.septVeDisable)
  ]
}

function maskFindings(
  actual: Uint8Array,
  mask: Mask,
  clearCode: FindingCode,
  setCode: FindingCode
): readonly Finding[] {
  const [bits, required, forbidden] = [readBits(actual), readBits(mask.required), readBits(mask.forbidden)]
  const findings: Finding[] = []
  if ((bits & required) !== required) {
    findings.push(contraindicated(clearCode, `bits ${encodeHex(mask.required)} set`, encodeHex(actual)))
  }
  if ((bits & forbidden) !== 0n) {
    findings.push(contraindicated(setCode, `bits ${encodeHex(mask.forbidden)} clear`, encodeHex(actual)))
  }
  return findings
}

function septVeDisableFindings(tdAttributes: Uint8Array, rule: 'required' | 'any'): readonly Finding[] {
  if (rule === 'any' || (readBits(tdAttributes) & TD_ATTRIBUTE.septVeDisable) !== 0n) return []
  return [contraindicated('SEPT_VE_DISABLE_CLEAR', 'bit 28 (SEPT_VE_DISABLE) set', encodeHex(tdAttributes))]
}
