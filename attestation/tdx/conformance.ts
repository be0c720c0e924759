import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import type { JsonValue } from '../jcs.ts'
import type { TrustAnchors } from './anchors.ts'
import { checkAttributes } from './attributes.ts'
import { isConformanceCollateralExpired, readConformanceCollateral } from './conformance-collateral.ts'
import { type ConformanceFindings, conformanceOutputs } from './conformance-output.ts'
import { checkEvaluationDataNumber, checkFmspc, checkPins, checkQvResult } from './conformance-policy.ts'
import {
  type ConformanceRequest,
  POLICY_MEMBERS,
  parseConformanceRequest,
  UnsupportedRequest
} from './conformance-request.ts'
import { checkPlatformInDate } from './dates.ts'
import { authenticatePlatform } from './platform.ts'
import { verifyQeReport, verifyQuoteSignature } from './qe-report.ts'
import { parseTdxQuote, type TdxQuote } from './quote.ts'
import { verifyTdxQuote } from './verify.ts'

/** One run of the command: its exit status (0 accepted, 10 refused, 20 unsupported, 30 malformed, 1 error) and output. */
export interface ConformanceResult {
  readonly exitCode: 0 | 1 | 10 | 20 | 30
  readonly output: JsonValue
}

const STAGE = 'verify-attestation-tdx'

/** What the suite has no code of its own for, under the one that it expects there. */
const SUITE_CODES: Readonly<Partial<Record<AttestationErrorCode, AttestationErrorCode>>> = {
  PCK_CRL_INVALID: 'PCK_CHAIN_INVALID',
  ROOT_CRL_INVALID: 'PCK_CHAIN_INVALID',
  TCB_INFO_MISMATCH: 'QV_RESULT_TERMINAL_UNSPECIFIED',
  COLLATERAL_MALFORMED: 'QV_RESULT_TERMINAL_UNSPECIFIED'
}

/**
 * `bombyx conformance verify-attestation-tdx`: verifies the one case of a public conformance suite that `text` holds
 * (its JSON input), and answers in the suite's terms. Never throws.
 */
export function verifyAttestationTdx(text: string): ConformanceResult {
  let request: ConformanceRequest
  try {
    request = parseConformanceRequest(text)
  } catch (error) {
    if (error instanceof UnsupportedRequest) return failure(20, `not supported: ${error.message}`)
    return error instanceof AttestationError ? failure(30, error.message) : failure(1, String(error))
  }
  try {
    return { exitCode: 0, output: { stage: STAGE, accepted: true, outputs: run(request) } }
  } catch (error) {
    if (!(error instanceof AttestationError)) return failure(1, String(error))
    const code = SUITE_CODES[error.code] ?? error.code
    return { exitCode: 10, output: { stage: STAGE, accepted: false, rejection: { code, message: error.message } } }
  }
}

/** `bombyx conformance capabilities`: what of the suite's contract is supported. */
export function conformanceCapabilities(): JsonValue {
  return {
    schema_version: '1',
    sdk: 'bombyx',
    sdk_version: '0.1.0',
    stages_supported: [STAGE],
    platforms_supported: ['tdx'],
    attestation_tdx: {
      supported: true,
      injected_collateral_supported: true,
      verification_time_override: 'supported',
      tcb_evaluation_supported: true,
      public_api_hooks_supported: true,
      accepts_non_terminal_tcb_statuses: false,
      extended_td_checks_supported: true,
      enforces_tcb_evaluation_data_number_minimum: true,
      policy_fields_supported: Object.fromEntries(POLICY_MEMBERS.map((member) => [member, true]))
    }
  }
}

function run(request: ConformanceRequest): JsonValue {
  const quote = parseTdxQuote(request.quote)
  const { body } = quote
  if (body.kind === 'sgx') throw new AttestationError('WRONG_TEE_TYPE', 'an SGX quote, TDX wanted')
  const anchors = { intelSgxRoots: [request.collateral.root], dangerouslyAcceptCollateralSecondsPastNextUpdate: 0 }
  const verify = request.policy.tcbEvaluationRequired ? verifyWhole : verifyChainOnly
  const findings = verify(quote, request, anchors)
  checkFmspc(findings.fmspc, request.policy)
  checkPins(quote, body, request.policy)
  return conformanceOutputs(quote, body, findings)
}

function verifyWhole(quote: TdxQuote, request: ConformanceRequest, anchors: TrustAnchors): ConformanceFindings {
  const { collateral, policy, now } = request
  const verified = verifyTdxQuote(quote, readConformanceCollateral(quote, collateral, now), anchors, now)
  checkEvaluationDataNumber(verified.evaluationDataNumber, policy)
  const qvResult = checkQvResult(verified.status, policy)
  const { collateralExpired, fmspc } = verified
  return { qvResult, tcbStatus: verified.status, collateralExpired, fmspc }
}

/** `tcb_evaluation_required: false`: the cryptographic chain and attributes alone; collateral has no say. */
function verifyChainOnly(quote: TdxQuote, request: ConformanceRequest, anchors: TrustAnchors): ConformanceFindings {
  const platform = authenticatePlatform(quote.pckChainPem, anchors)
  checkPlatformInDate(platform, request.now)
  verifyQeReport(quote, platform)
  verifyQuoteSignature(quote)
  checkAttributes(quote.body)
  const collateralExpired = isConformanceCollateralExpired(request.collateral, request.now)
  return { qvResult: 'OK', tcbStatus: 'NotEvaluated', collateralExpired, fmspc: platform.pck.fmspc }
}

function failure(exitCode: 1 | 20 | 30, error: string): ConformanceResult {
  return { exitCode, output: { stage: STAGE, accepted: false, error } }
}
