/**
 * What a client must trust, and nothing else: bytes in, verdict out. Nothing here reads a clock, a file, the network or the
 * environment. Read it in this order: evidence is parsed, then verified, then appraised under a policy; an appraised host whose
 * attestation is in the policy's log is admitted; only an admitted host can be offered a session; only a session's leg seals a request and opens the answer; a receipt says what ran.
 */

export {
  type Admission,
  type AdmittedHost,
  admitHost,
  type LogEvidence,
  type LogInclusion
} from './admit.ts'
export { GPU_MODE_EVENT, type GpuMode, gpuModeEventPayload } from './appraisal/gpu-mode-event.ts'
export { COMPOSE_HASH_EVENT, MODEL_EVENT, modelEventPayload } from './appraisal/model-event.ts'
export {
  type Appraisal,
  type AppraisedHost,
  appraisalCacheKey,
  appraiseBundle,
  appraiseQuote,
  appraiseTdxEvidence,
  type ExpectedChallenge,
  type HostEvidence,
  type QuoteEvidence
} from './appraise.ts'
export { appraiseDevices, type DevicesResult, devicesResultToJson, explainDevices } from './appraise-devices.ts'
export { attestationLeaf, subjectId } from './attestation-leaf.ts'
export {
  type BundleFields,
  type DeviceEvidence,
  type EventLogBytes,
  type EvidenceBundle,
  encodeBundle,
  MAX_BUNDLE_BYTES,
  parseBundle
} from './bundle.ts'
export {
  type EndorsementFields,
  type Endorsements,
  encodeEndorsements,
  parseEndorsements,
  tdxEndorsements
} from './endorsements.ts'
export { ATTESTATION_ERRORS, AttestationError, type AttestationErrorCode, type RefusalKind } from './errors.ts'
export { explainResult } from './explain.ts'
export { type DeviceAnchors, NVIDIA_ANCHORS, NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from './nvidia/anchors.ts'
export { assessDevices, type DeviceRules, type DevicesAssessment, type DevicesEvidence } from './nvidia/assess.ts'
export { verifyAttestationNvidia } from './nvidia/conformance.ts'
export { type VerifiedDevice, verifyDevice } from './nvidia/device.ts'
export {
  parseDetachedEat,
  type RemoteExpectations,
  type RemoteOpinion,
  verifyDetachedEat,
  verifyDetachedEats
} from './nvidia/nras.ts'
export {
  encodePolicy,
  logTrust,
  POLICY_SCHEMA,
  type Policy,
  type PolicyFields,
  PRODUCTION_POLICY,
  parsePolicy,
  type ReferenceValues,
  TDX_ONLY_POLICY,
  virtualPolicy
} from './policy.ts'
export { coverRoot, coverStatement, EMPTY_COVER, type VoucherCover } from './receipt/cover.ts'
export {
  type ConsumerAccount,
  type EscrowView,
  EXPOSURE_LIMITS,
  type ExposureLimits,
  type ExposurePlan,
  type PayeeAccount,
  planExposure,
  planVoucher,
  type UnpaidReason,
  type VoucherPlan
} from './receipt/exposure.ts'
export {
  type PaymentTerms,
  type PaymentTermsFields,
  signPaymentTerms,
  verifyPaymentTerms
} from './receipt/payment-terms.ts'
export {
  parseReceipt,
  type Receipt,
  type ReceiptExpectations,
  type ReceiptFields,
  signReceipt,
  verifyReceipt
} from './receipt/receipt.ts'
export { parseUsage, priceOf, signUsage, type UsageFields, type UsageStatement, verifyUsage } from './receipt/usage.ts'
export {
  addUsage,
  EMPTY_PERIOD,
  fitsPeriod,
  proveUsage,
  type UsagePeriod,
  usageLeaf,
  usageProver,
  verifyUsageInLeaf
} from './receipt/usage-period.ts'
export {
  encodeVoucher,
  parseVoucher,
  SIGNED_VOUCHER_BYTES,
  signVoucher,
  type VerifiedVoucher,
  VOUCHER_BYTES,
  type Voucher,
  type VoucherExpectations,
  type VoucherFields,
  verifyVoucher
} from './receipt/voucher.ts'
export {
  type CountedRelease,
  type CountedReleases,
  countReleases,
  type ReferenceValueEvidence,
  type UncountedRelease
} from './releases.ts'
export { type RemoteIssuer, readSecondOpinion, type SecondOpinion } from './remote-opinion.ts'
export {
  type AppraisalResult,
  type AppraisalStatus,
  type DeviceClaims,
  encodeResult,
  type Finding,
  type PlatformClaims,
  parseResult,
  resultToJson,
  type Tee,
  type WorkloadClaims
} from './result.ts'
export {
  encodeResultKeySet,
  type ResultTokenExpectations,
  type ResultTokenSigner,
  signResultToken,
  verifyResultToken
} from './result-token.ts'
export {
  type AcceptMessage,
  acceptHello,
  type ClientHandshake,
  createHello,
  type HelloMessage,
  type HostKeys
} from './session/handshake.ts'
export {
  type Challenge,
  challengeNonce,
  encodeKeyset,
  type Keyset,
  type KeysetFields,
  parseKeyset
} from './session/keyset.ts'
export { openRequest, type RequestOpener, type SealedRequest, sealRequest } from './session/request.ts'
export { INTEL_SGX_ROOT, type TrustAnchors } from './tdx/anchors.ts'
export { encodeTdxCollateral, parseTdxCollateral, type TdxCollateral } from './tdx/collateral.ts'
export { conformanceCapabilities, verifyAttestationTdx } from './tdx/conformance.ts'
export { type PckExtension, pckExtension } from './tdx/pck.ts'
export { parseTdxQuote, type TdxQuote } from './tdx/quote.ts'
export { type VerifiedTdxQuote, verifyTdxQuote } from './tdx/verify.ts'
