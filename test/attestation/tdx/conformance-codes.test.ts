import { beforeAll, describe, expect, test } from 'vitest'
import { sha256, signEcdsa } from '../../../attestation/crypto.ts'
import { concatBytes, encodeBase64, encodeHex } from '../../../attestation/encoding.ts'
import { ATTESTATION_ERRORS } from '../../../attestation/errors.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { VIRTUAL_TD } from '../../../attestation/virtual/td.ts'
import { answerTo, type ConformanceCase, caseOf, caseWith } from './conformance-case.ts'
import { createEvidence, createRoot, type MadeEvidence, NOW, patched } from './evidence.ts'

const POLICY_REFUSALS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['PCK_FMSPC_MISMATCH', { expected_fmspc_hex: '000000000000' }],
  ['TD_ATTRIBUTES_MISMATCH', { expected_td_attributes_hex: '0000004000000000' }],
  ['XFAM_MISMATCH', { expected_xfam_hex: '0000000000000000' }],
  ['MR_SIGNER_SEAM_MISMATCH', { expected_mr_signer_seam_hex: 'aa'.repeat(48) }],
  ['SEAM_ATTRIBUTES_MISMATCH', { expected_seam_attributes_hex: '01'.repeat(8) }],
  ['MRTD_MISMATCH', { expected_mrtd_hex: 'ff'.repeat(48) }],
  ['MR_CONFIG_ID_MISMATCH', { expected_mr_config_id_hex: 'ab'.repeat(48) }],
  ['MR_OWNER_MISMATCH', { expected_mr_owner_hex: 'cd'.repeat(48) }],
  ['MR_OWNER_CONFIG_MISMATCH', { expected_mr_owner_config_hex: 'ef'.repeat(48) }],
  ['RTMR3_NONZERO', { expected_rtmr3_hex: '01'.repeat(48) }],
  ['REPORT_DATA_MISMATCH', { expected_report_data_hex: '11'.repeat(64) }],
  ['QE_VENDOR_ID_MISMATCH', { expected_qe_vendor_id_hex: '00'.repeat(16) }],
  ['MR_SEAM_NOT_ALLOWED', { expected_mrseam_allowlist: ['00'.repeat(48), '11'.repeat(48)] }],
  ['MR_SEAM_NOT_ALLOWED', { expected_mrseam_allowlist: [] }],
  ['MRTD_MISMATCH', { expected_mrtd_hex: encodeHex(VIRTUAL_TD.mrTd).slice(2) }],
  ['TEE_TCB_SVN_BELOW_MINIMUM', { min_tee_tcb_svn_hex: '06010400000000000000000000000000' }],
  ['TCB_EVAL_DATA_NUMBER_TOO_LOW', { min_tcb_evaluation_data_number: 19 }],
  ['QV_RESULT_NOT_ACCEPTED_BY_POLICY', { accepted_qv_results: [] }],
  ['QV_RESULT_NOT_ACCEPTED_BY_POLICY', { accepted_qv_results: ['SW_HARDENING_NEEDED'] }]
]

/** Knobs of the software TEE by the code that the suite expects. */
const EVIDENCE_REFUSALS = [
  ['QUOTE_TRUNCATED', 'quote truncated'],
  ['PCK_CHAIN_INCOMPLETE', 'pck chain without root'],
  ['PCK_CHAIN_INVALID', 'pck crl changed'],
  ['PCK_CHAIN_INVALID', 'root crl missing'],
  ['PCK_EXPIRED', 'pck expired'],
  ['PCK_REVOKED', 'pck revoked'],
  ['PCK_CRL_EXPIRED', 'pck crl lapsed'],
  ['PCK_FMSPC_MISMATCH', 'pck of another family'],
  ['ROOT_CA_UNTRUSTED', "pck under a stranger's root"],
  ['ROOT_CRL_EXPIRED', 'root crl lapsed'],
  ['INTERMEDIATE_REVOKED', 'pck ca revoked'],
  ['TCB_INFO_CHAIN_INVALID', 'tcb info signed by the pck ca'],
  ['TCB_INFO_SIGNATURE_INVALID', 'tcb info changed'],
  ['TCB_INFO_EXPIRED', 'tcb info lapsed'],
  ['TCB_REVOKED', 'tcb revoked'],
  ['QE_IDENTITY_SIGNATURE_INVALID', 'qe identity changed'],
  ['QE_IDENTITY_EXPIRED', 'qe identity lapsed'],
  ['QE_IDENTITY_ID_INVALID', 'qe identity for sgx'],
  ['QE_IDENTITY_VERSION_INVALID', 'qe identity of version 1'],
  ['QE_IDENTITY_MRSIGNER_MISMATCH', 'qe of another signer'],
  ['QE_IDENTITY_FIELD_MISMATCH', 'qe of another product'],
  ['QE_REPORT_SIGNATURE_INVALID', 'qe report signature changed'],
  ['AK_BINDING_INVALID', 'qe auth data changed'],
  ['QUOTE_SIGNATURE_INVALID', 'quote body changed'],
  ['QV_RESULT_NOT_ACCEPTED_BY_POLICY', 'tcb out of date'],
  ['QV_RESULT_TERMINAL_UNSPECIFIED', 'tcb in no level'],
  ['QV_RESULT_TERMINAL_UNSPECIFIED', 'tcb info for sgx'],
  ['TD_ATTRIBUTES_DEBUG_SET', 'debug td'],
  ['TD_ATTRIBUTES_RESERVED_BIT_SET', 'td with a reserved attribute'],
  ['MR_SIGNER_SEAM_MISMATCH', 'module of another signer'],
  ['SEAM_ATTRIBUTES_MISMATCH', 'module with attributes']
] as const

/** Changes to the quote's header, which nothing but the parser sees. */
const HEADER_REFUSALS = [
  ['QUOTE_FORMAT_UNSUPPORTED', 0, 3],
  ['WRONG_TEE_TYPE', 4, 0],
  ['ATTESTATION_KEY_TYPE_UNSUPPORTED', 2, 3],
  ['QE_VENDOR_UNKNOWN', 12, 0]
] as const

const SPEC_REFUSALS = [
  ['TD_ATTRIBUTES_RESERVED_BIT_SET', { tdAttributes: Uint8Array.of(0, 0, 0, 0x80, 0, 0, 0, 0) }],
  ['XFAM_REQUIRED_BIT_CLEAR', { xfam: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0) }],
  ['XFAM_FORBIDDEN_BIT_SET', { xfam: Uint8Array.of(3, 0, 0, 0x80, 0, 0, 0, 0) }]
] as const

let root: VirtualRoot
let made: MadeEvidence
let good: ConformanceCase

beforeAll(async () => {
  root = await createRoot()
  made = await createEvidence(root)
  good = caseOf(made, root)
})

/** A quote whose QE vouches for an attestation key that is no point of the curve. */
async function quoteWithBadKey(): Promise<Uint8Array> {
  const platform = await createVirtualPlatform(root, {}, NOW)
  const quote = quoteVirtual(platform, { reportData: new Uint8Array(64) })
  const [key, report] = [636 + 64, 636 + 128 + 6]
  const badKey = new Uint8Array(64).fill(1)
  const authData = quote.subarray(report + 384 + 64 + 2, report + 384 + 64 + 2 + 32)
  const binding = concatBytes(quote.subarray(report, report + 320), sha256(badKey, authData), new Uint8Array(32))
  const signature = signEcdsa('P-256', platform.pckKey, binding)
  return patched(patched(patched(quote, key, ...badKey), report, ...binding), report + 384, ...signature)
}

describe('every code has a case that yields it', () => {
  test.each(POLICY_REFUSALS)('%s by policy %j', (code, policy) => {
    expect(answerTo({ ...good, policy })).toMatchObject({ exitCode: 10, accepted: false, code })
  })

  test.each(EVIDENCE_REFUSALS)('%s by evidence: %s', async (code, name) => {
    expect(answerTo(await caseWith(name, root))).toMatchObject({ exitCode: 10, accepted: false, code })
  })

  test.each(HEADER_REFUSALS)('%s by the byte at %s', (code, offset, octet) => {
    const quote_b64 = encodeBase64(patched(made.quoteBytes, offset, octet))
    expect(answerTo({ ...good, quote_b64 })).toMatchObject({ exitCode: 10, code })
  })

  test.each(SPEC_REFUSALS)('%s by enforce_spec_defaults', async (code, td) => {
    const request = caseOf(await createEvidence(root, { td }), root)
    expect(answerTo(request).exitCode).toBe(0)
    expect(answerTo({ ...request, policy: { enforce_spec_defaults: true } })).toMatchObject({ exitCode: 10, code })
  })

  test('AK_MISMATCH by an attestation key that is no key', async () => {
    const quote_b64 = encodeBase64(await quoteWithBadKey())
    expect(answerTo({ ...good, quote_b64 })).toMatchObject({ exitCode: 10, code: 'AK_MISMATCH' })
  })

  test('and none is left out', () => {
    const yielded = new Set<string>([
      ...[...POLICY_REFUSALS, ...EVIDENCE_REFUSALS, ...HEADER_REFUSALS, ...SPEC_REFUSALS].map(([code]) => code),
      'AK_MISMATCH'
    ])
    // The quote codes come first in the closed union, up to the event log's; four of them are not the suite's.
    const codes = Object.keys(ATTESTATION_ERRORS)
    const ours = ['COLLATERAL_MALFORMED', 'PCK_CRL_INVALID', 'ROOT_CRL_INVALID', 'TCB_INFO_MISMATCH']
    const suite = codes.slice(0, codes.indexOf('EVENT_LOG_MALFORMED')).filter((code) => !ours.includes(code))
    expect([...yielded].sort()).toEqual(suite.sort())
  })
})
