/** What a caller can do about a refusal: mend the input, stop, or try again. */
export type RefusalKind = 'input' | 'refused' | 'unavailable'

/**
 * Every code that `attestation/` can give, with its kind: the closed union of the layer. The quote codes are those of
 * the public conformance suite that `bombyx conformance` speaks.
 */
export const ATTESTATION_ERRORS = {
  // quote and collateral
  QUOTE_FORMAT_UNSUPPORTED: 'input',
  QUOTE_TRUNCATED: 'input',
  WRONG_TEE_TYPE: 'input',
  ATTESTATION_KEY_TYPE_UNSUPPORTED: 'input',
  COLLATERAL_MALFORMED: 'input',
  QE_VENDOR_UNKNOWN: 'refused',
  QE_VENDOR_ID_MISMATCH: 'refused',
  PCK_CHAIN_INVALID: 'refused',
  PCK_CHAIN_INCOMPLETE: 'refused',
  PCK_EXPIRED: 'refused',
  PCK_REVOKED: 'refused',
  PCK_CRL_INVALID: 'refused',
  PCK_CRL_EXPIRED: 'refused',
  PCK_FMSPC_MISMATCH: 'refused',
  ROOT_CA_UNTRUSTED: 'refused',
  ROOT_CRL_INVALID: 'refused',
  ROOT_CRL_EXPIRED: 'refused',
  INTERMEDIATE_REVOKED: 'refused',
  TCB_INFO_CHAIN_INVALID: 'refused',
  TCB_INFO_SIGNATURE_INVALID: 'refused',
  TCB_INFO_EXPIRED: 'refused',
  TCB_INFO_MISMATCH: 'refused',
  TCB_EVAL_DATA_NUMBER_TOO_LOW: 'refused',
  TCB_REVOKED: 'refused',
  QE_IDENTITY_SIGNATURE_INVALID: 'refused',
  QE_IDENTITY_EXPIRED: 'refused',
  QE_IDENTITY_ID_INVALID: 'refused',
  QE_IDENTITY_VERSION_INVALID: 'refused',
  QE_IDENTITY_MRSIGNER_MISMATCH: 'refused',
  QE_IDENTITY_FIELD_MISMATCH: 'refused',
  QE_REPORT_SIGNATURE_INVALID: 'refused',
  AK_MISMATCH: 'refused',
  AK_BINDING_INVALID: 'refused',
  QUOTE_SIGNATURE_INVALID: 'refused',
  QV_RESULT_NOT_ACCEPTED_BY_POLICY: 'refused',
  QV_RESULT_TERMINAL_UNSPECIFIED: 'refused',
  TD_ATTRIBUTES_DEBUG_SET: 'refused',
  TD_ATTRIBUTES_RESERVED_BIT_SET: 'refused',
  TD_ATTRIBUTES_MISMATCH: 'refused',
  XFAM_REQUIRED_BIT_CLEAR: 'refused',
  XFAM_FORBIDDEN_BIT_SET: 'refused',
  XFAM_MISMATCH: 'refused',
  SEAM_ATTRIBUTES_MISMATCH: 'refused',
  MR_SIGNER_SEAM_MISMATCH: 'refused',
  MR_SEAM_NOT_ALLOWED: 'refused',
  MRTD_MISMATCH: 'refused',
  MR_CONFIG_ID_MISMATCH: 'refused',
  MR_OWNER_MISMATCH: 'refused',
  MR_OWNER_CONFIG_MISMATCH: 'refused',
  RTMR3_NONZERO: 'refused',
  REPORT_DATA_MISMATCH: 'refused',
  TEE_TCB_SVN_BELOW_MINIMUM: 'refused',
  // event log
  EVENT_LOG_MALFORMED: 'input',
  EVENT_LOG_SEPARATOR_DOUBLED: 'refused',
  EVENT_LOG_MISMATCH: 'refused',
  // device reports, revocation, reference measurements
  REPORT_MALFORMED: 'input',
  REPORT_SIGNATURE_INVALID: 'refused',
  NONCE_MISMATCH: 'refused',
  DEVICE_CHAIN_INVALID: 'refused',
  DEVICE_ROOT_UNTRUSTED: 'refused',
  FWID_MISMATCH: 'refused',
  OCSP_MALFORMED: 'input',
  OCSP_INVALID: 'refused',
  OCSP_REVOKED: 'refused',
  OCSP_HOLD: 'refused',
  OCSP_UNKNOWN: 'refused',
  OCSP_UNAVAILABLE: 'refused',
  RIM_MISSING: 'refused',
  RIM_MALFORMED: 'input',
  RIM_SIGNATURE_INVALID: 'refused',
  RIM_CHAIN_INVALID: 'refused',
  RIM_EXPIRED: 'refused',
  RIM_PRODUCT_MISMATCH: 'refused',
  RIM_VERSION_MISMATCH: 'refused',
  RIM_INDEX_CONFLICT: 'refused',
  MEASUREMENT_MISMATCH: 'refused',
  CC_MODE_OFF: 'refused',
  CC_MODE_DEVTOOLS: 'refused',
  DEVICE_DUPLICATED: 'refused',
  TOPOLOGY_INVALID: 'refused',
  NRAS_TOKEN_INVALID: 'refused',
  // bundle, endorsements, policy, result
  ENDORSEMENTS_MALFORMED: 'input',
  BUNDLE_MALFORMED: 'input',
  POLICY_MALFORMED: 'input',
  RESULT_MALFORMED: 'input',
  RESULT_TOKEN_INVALID: 'refused',
  // keyset and handshake
  KEYSET_MALFORMED: 'input',
  KEYSET_LAPSED: 'refused',
  CHALLENGE_MALFORMED: 'input',
  HELLO_MALFORMED: 'input',
  HELLO_REFUSED: 'refused',
  ACCEPT_MALFORMED: 'input',
  ACCEPT_REFUSED: 'refused',
  // request, response, link
  REQUEST_MALFORMED: 'input',
  BHTTP_MALFORMED: 'input',
  FRAME_MALFORMED: 'input',
  SESSION_UNKNOWN: 'refused',
  SESSION_EXPIRED: 'refused',
  KEYSET_CHANGED: 'refused',
  REPLAYED: 'refused',
  DEADLINE_PASSED: 'refused',
  ANSWER_REFUSED: 'refused',
  NO_CAPACITY: 'unavailable',
  UNSEAL_FAILED: 'refused',
  TRUNCATED: 'refused',
  TOO_LARGE: 'refused',
  // receipt, usage and voucher
  RECEIPT_MALFORMED: 'input',
  RECEIPT_REFUSED: 'refused',
  USAGE_MALFORMED: 'input',
  USAGE_REFUSED: 'refused',
  VOUCHER_MALFORMED: 'input',
  VOUCHER_REFUSED: 'refused',
  PAYMENT_TERMS_MALFORMED: 'input',
  PAYMENT_TERMS_REFUSED: 'refused',
  // log
  NOTE_MALFORMED: 'input',
  NOTE_KEY_MALFORMED: 'input',
  NOTE_UNSIGNED: 'refused',
  NOTE_SIGNATURE_INVALID: 'refused',
  CHECKPOINT_MALFORMED: 'input',
  CHECKPOINT_ORIGIN_MISMATCH: 'refused',
  CHECKPOINT_UNWITNESSED: 'refused',
  CHECKPOINT_STALE: 'refused',
  TILE_MALFORMED: 'input',
  PROOF_MALFORMED: 'input',
  PROOF_INVALID: 'refused',
  LOG_FORKED: 'refused',
  LOG_INCONSISTENT: 'refused',
  LEAF_MALFORMED: 'input',
  RELEASE_UNSIGNED: 'refused',
  RELEASE_REVOKED: 'refused',
  RELEASE_TOO_YOUNG: 'refused',
  // shared shapes
  DER_MALFORMED: 'input',
  CERTIFICATE_MALFORMED: 'input',
  JCS_MALFORMED: 'input',
  ENCODING_MALFORMED: 'input'
} as const satisfies Record<string, RefusalKind>

export type AttestationErrorCode = keyof typeof ATTESTATION_ERRORS

/** A refusal by the trust core: a stable code for programs, a message for people, and its cause. */
export class AttestationError extends Error {
  readonly code: AttestationErrorCode

  constructor(code: AttestationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AttestationError'
    this.code = code
  }

  get kind(): RefusalKind {
    return ATTESTATION_ERRORS[this.code]
  }
}
