import { encodeHex } from '../encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import { readBits, TD_ATTRIBUTE } from './attributes.ts'
import type { TdBody } from './body.ts'
import type { ConformancePolicy, Pin } from './conformance-request.ts'
import type { TdxQuote } from './quote.ts'
import type { TcbStatus } from './status.ts'

/** Intel's non-terminal verification results (DCAP §B.1), by the TCB status that each stands for. */
export const QV_RESULTS = {
  UpToDate: 'OK',
  SWHardeningNeeded: 'SW_HARDENING_NEEDED',
  ConfigurationNeeded: 'CONFIG_NEEDED',
  ConfigurationAndSWHardeningNeeded: 'CONFIG_AND_SW_HARDENING_NEEDED',
  OutOfDate: 'OUT_OF_DATE',
  OutOfDateConfigurationNeeded: 'OUT_OF_DATE_CONFIG_NEEDED',
  TDRelaunchAdvised: 'TD_RELAUNCH_ADVISED',
  TDRelaunchAdvisedConfigurationNeeded: 'TD_RELAUNCH_ADVISED_CONFIG_NEEDED'
} as const satisfies Record<Exclude<TcbStatus, 'NotSupported' | 'Revoked'>, string>

/** What `enforce_spec_defaults` holds a TD to: attributes and extended features that may, and must, be on. */
const SPEC_ATTRIBUTES = TD_ATTRIBUTE.septVeDisable | TD_ATTRIBUTE.pks | TD_ATTRIBUTE.perfmon
const XFAM_FIXED1 = 0x3n
const XFAM_FIXED0 = 0x6dbe7n

interface PinRule {
  readonly code: AttestationErrorCode
  readonly actual: (quote: TdxQuote, body: TdBody) => Uint8Array
}

const BODY_PINS = {
  expected_td_attributes_hex: { code: 'TD_ATTRIBUTES_MISMATCH', actual: (_, body) => body.tdAttributes },
  expected_xfam_hex: { code: 'XFAM_MISMATCH', actual: (_, body) => body.xfam },
  expected_mr_signer_seam_hex: { code: 'MR_SIGNER_SEAM_MISMATCH', actual: (_, body) => body.mrSignerSeam },
  expected_seam_attributes_hex: { code: 'SEAM_ATTRIBUTES_MISMATCH', actual: (_, body) => body.seamAttributes },
  expected_mrtd_hex: { code: 'MRTD_MISMATCH', actual: (_, body) => body.mrTd },
  expected_mr_config_id_hex: { code: 'MR_CONFIG_ID_MISMATCH', actual: (_, body) => body.mrConfigId },
  expected_mr_owner_hex: { code: 'MR_OWNER_MISMATCH', actual: (_, body) => body.mrOwner },
  expected_mr_owner_config_hex: { code: 'MR_OWNER_CONFIG_MISMATCH', actual: (_, body) => body.mrOwnerConfig },
  expected_rtmr3_hex: { code: 'RTMR3_NONZERO', actual: (_, body) => body.rtmrs[3] },
  expected_report_data_hex: { code: 'REPORT_DATA_MISMATCH', actual: (_, body) => body.reportData },
  expected_qe_vendor_id_hex: { code: 'QE_VENDOR_ID_MISMATCH', actual: (quote) => quote.header.qeVendorId }
} as const satisfies Record<Exclude<Pin, 'expected_fmspc_hex'>, PinRule>

/** Refuses a status that is terminal, or that the policy does not accept; returns Intel's name of it. */
export function checkQvResult(status: TcbStatus, policy: ConformancePolicy): string {
  if (status === 'Revoked') throw new AttestationError('TCB_REVOKED', 'Intel revoked this TCB')
  if (status === 'NotSupported') {
    throw new AttestationError('QV_RESULT_TERMINAL_UNSPECIFIED', 'the platform meets no TCB level')
  }
  const result = QV_RESULTS[status]
  if (policy.acceptedQvResults.includes(result)) return result
  throw new AttestationError('QV_RESULT_NOT_ACCEPTED_BY_POLICY', `${result}, accepted: ${policy.acceptedQvResults}`)
}

export function checkEvaluationDataNumber(
  number: number,
  { minTcbEvaluationDataNumber: min }: ConformancePolicy
): void {
  if (number >= min) return
  throw new AttestationError('TCB_EVAL_DATA_NUMBER_TOO_LOW', `tcbEvaluationDataNumber ${number}, at least ${min}`)
}

export function checkFmspc(fmspc: Uint8Array, { pins }: ConformancePolicy): void {
  checkPin('PCK_FMSPC_MISMATCH', encodeHex(fmspc), pins.get('expected_fmspc_hex'))
}

/** Checks the fields of an authentic quote against the policy's. */
export function checkPins(quote: TdxQuote, body: TdBody, policy: ConformancePolicy): void {
  for (const [pin, rule] of Object.entries(BODY_PINS) as [keyof typeof BODY_PINS, PinRule][]) {
    checkPin(rule.code, encodeHex(rule.actual(quote, body)), policy.pins.get(pin))
  }
  const mrSeam = encodeHex(body.mrSeam)
  if (policy.mrSeamAllowlist !== undefined && !policy.mrSeamAllowlist.includes(mrSeam)) {
    throw new AttestationError('MR_SEAM_NOT_ALLOWED', `MRSEAM ${mrSeam} is not in the allow list`)
  }
  if (policy.enforceSpecDefaults) checkSpecDefaults(body)
  const low = policy.minTeeTcbSvn?.findIndex((min, i) => (body.teeTcbSvn[i] ?? 0) < min) ?? -1
  if (low !== -1) {
    throw new AttestationError('TEE_TCB_SVN_BELOW_MINIMUM', `TEE_TCB_SVN[${low}] is ${body.teeTcbSvn[low]}`)
  }
}

function checkPin(code: AttestationErrorCode, actual: string, expected: string | undefined): void {
  if (expected !== undefined && actual !== expected) throw new AttestationError(code, `${actual}, expected ${expected}`)
}

function checkSpecDefaults(body: TdBody): void {
  const beyond = readBits(body.tdAttributes) & ~SPEC_ATTRIBUTES
  if (beyond !== 0n)
    throw new AttestationError('TD_ATTRIBUTES_RESERVED_BIT_SET', `TD attributes 0x${beyond.toString(16)}`)
  const xfam = readBits(body.xfam)
  if ((xfam & XFAM_FIXED1) !== XFAM_FIXED1) {
    throw new AttestationError('XFAM_REQUIRED_BIT_CLEAR', 'XFAM without x87 or SSE')
  }
  const forbidden = xfam & ~XFAM_FIXED0
  if (forbidden !== 0n) throw new AttestationError('XFAM_FORBIDDEN_BIT_SET', `XFAM 0x${forbidden.toString(16)}`)
}
