import type { AttestationErrorCode } from '../errors.ts'

const FORGED = 'The evidence was altered or forged: do not use this host.'
const FETCH = 'Fetch current collateral from Intel; if it is current, check the clock.'
const COLLATERAL = "The collateral is not Intel's for this platform: fetch it again from Intel."
const QE = "The quoting enclave is not Intel's: the host's owner installs Intel's and attests again."
const IMAGE = 'If this build is meant, add its value to the policy; otherwise the host must run an accepted image.'
const UPDATE = "The host's owner updates BIOS, microcode and TDX module, then the host attests again."
const REBUILD = 'Start the guest again with the settings that the policy asks for.'

const LOG = 'The proof that the attestation is in the log is wrong: do not use this host, and try another relay.'
const RIM = "The manifest is not NVIDIA's: fetch it again from NVIDIA's RIM service."

/** What people are told of the codes of verification, and of those that policies share with the conformance suite. */
export const VERIFICATION_FINDINGS = {
  WRONG_TEE_TYPE: { claim: 'tee', remedy: 'Appraise a TDX quote: this policy is not for SGX enclaves.' },
  QE_VENDOR_UNKNOWN: { claim: 'quotingEnclave', remedy: QE },
  QE_VENDOR_ID_MISMATCH: { claim: 'quotingEnclave', remedy: QE },
  PCK_CHAIN_INVALID: { claim: 'pckChain', remedy: FORGED },
  PCK_CHAIN_INCOMPLETE: { claim: 'pckChain', remedy: 'The host must quote with its whole PCK chain.' },
  PCK_EXPIRED: { claim: 'pckChain', remedy: "The host's owner fetches a new PCK certificate from Intel." },
  PCK_REVOKED: { claim: 'pckChain', remedy: 'Intel revoked this platform: do not use it.' },
  PCK_CRL_INVALID: { claim: 'pckCrl', remedy: COLLATERAL },
  PCK_CRL_EXPIRED: { claim: 'pckCrl', remedy: FETCH },
  PCK_FMSPC_MISMATCH: { claim: 'fmspc', remedy: COLLATERAL },
  ROOT_CA_UNTRUSTED: {
    claim: 'root',
    remedy:
      "The evidence is not anchored in the root that this policy names (a virtual host has no hardware's root): do not use this host."
  },
  ROOT_CRL_INVALID: { claim: 'rootCrl', remedy: COLLATERAL },
  ROOT_CRL_EXPIRED: { claim: 'rootCrl', remedy: FETCH },
  INTERMEDIATE_REVOKED: {
    claim: 'pckChain',
    remedy: 'Intel revoked a certificate authority of this platform: do not use it.'
  },
  TCB_INFO_CHAIN_INVALID: { claim: 'tcbInfo', remedy: COLLATERAL },
  TCB_INFO_SIGNATURE_INVALID: { claim: 'tcbInfo', remedy: COLLATERAL },
  TCB_INFO_MISMATCH: { claim: 'tcbInfo', remedy: COLLATERAL },
  TCB_INFO_EXPIRED: { claim: 'tcbInfo', remedy: FETCH },
  TCB_EVAL_DATA_NUMBER_TOO_LOW: { claim: 'evaluationDataNumber', remedy: 'Fetch newer TCB info from Intel.' },
  TCB_REVOKED: { claim: 'tcbStatus', remedy: `Intel revoked this TCB level. ${UPDATE}` },
  QE_IDENTITY_SIGNATURE_INVALID: { claim: 'qeIdentity', remedy: COLLATERAL },
  QE_IDENTITY_EXPIRED: { claim: 'qeIdentity', remedy: FETCH },
  QE_IDENTITY_ID_INVALID: { claim: 'qeIdentity', remedy: COLLATERAL },
  QE_IDENTITY_VERSION_INVALID: { claim: 'qeIdentity', remedy: COLLATERAL },
  QE_IDENTITY_MRSIGNER_MISMATCH: { claim: 'quotingEnclave', remedy: QE },
  QE_IDENTITY_FIELD_MISMATCH: { claim: 'quotingEnclave', remedy: QE },
  QE_REPORT_SIGNATURE_INVALID: { claim: 'quotingEnclave', remedy: FORGED },
  AK_MISMATCH: { claim: 'attestationKey', remedy: FORGED },
  AK_BINDING_INVALID: { claim: 'attestationKey', remedy: FORGED },
  QUOTE_SIGNATURE_INVALID: { claim: 'quote', remedy: FORGED },
  QV_RESULT_NOT_ACCEPTED_BY_POLICY: { claim: 'tcbStatus', remedy: UPDATE },
  QV_RESULT_TERMINAL_UNSPECIFIED: { claim: 'tcbStatus', remedy: UPDATE },
  TD_ATTRIBUTES_DEBUG_SET: {
    claim: 'tdAttributes',
    remedy: "The guest's memory is open to its host's owner: start it without the debug attribute."
  },
  TD_ATTRIBUTES_RESERVED_BIT_SET: { claim: 'tdAttributes', remedy: REBUILD },
  TD_ATTRIBUTES_MISMATCH: { claim: 'tdAttributes', remedy: REBUILD },
  XFAM_REQUIRED_BIT_CLEAR: { claim: 'xfam', remedy: REBUILD },
  XFAM_FORBIDDEN_BIT_SET: { claim: 'xfam', remedy: REBUILD },
  XFAM_MISMATCH: { claim: 'xfam', remedy: REBUILD },
  SEAM_ATTRIBUTES_MISMATCH: { claim: 'tdxModule', remedy: UPDATE },
  MR_SIGNER_SEAM_MISMATCH: { claim: 'tdxModule', remedy: UPDATE },
  MR_SEAM_NOT_ALLOWED: { claim: 'mrSeam', remedy: IMAGE },
  MRTD_MISMATCH: { claim: 'mrTd', remedy: IMAGE },
  MR_CONFIG_ID_MISMATCH: { claim: 'mrConfigId', remedy: IMAGE },
  MR_OWNER_MISMATCH: { claim: 'mrOwner', remedy: IMAGE },
  MR_OWNER_CONFIG_MISMATCH: { claim: 'mrOwnerConfig', remedy: IMAGE },
  REPORT_DATA_MISMATCH: {
    claim: 'reportData',
    remedy: 'The quote was made for another keyset or challenge: do not use this host.'
  },
  TEE_TCB_SVN_BELOW_MINIMUM: { claim: 'teeTcbSvn', remedy: UPDATE },
  EVENT_LOG_SEPARATOR_DOUBLED: { claim: 'eventLog', remedy: FORGED },
  EVENT_LOG_MISMATCH: {
    claim: 'eventLog',
    remedy: 'The event log is not the one the guest measured: do not use this host.'
  },
  REPORT_MALFORMED: { claim: 'deviceReport', remedy: 'The host sends the report as its device gave it.' },
  REPORT_SIGNATURE_INVALID: { claim: 'deviceReport', remedy: FORGED },
  NONCE_MISMATCH: {
    claim: 'deviceReport',
    remedy: 'The report was made for another keyset or challenge: do not use this host.'
  },
  DEVICE_CHAIN_INVALID: { claim: 'deviceChain', remedy: FORGED },
  DEVICE_ROOT_UNTRUSTED: {
    claim: 'deviceChain',
    remedy:
      'The device is not certified by a root that this policy names (a virtual device has no NVIDIA root): do not use it.'
  },
  FWID_MISMATCH: { claim: 'fwid', remedy: FORGED },
  OCSP_REVOKED: { claim: 'revocation', remedy: 'NVIDIA revoked a certificate: do not use what it vouches for.' },
  OCSP_HOLD: {
    claim: 'revocation',
    remedy:
      'NVIDIA put a certificate on hold: wait for its decision, or accept certificateHold in a policy of your own.'
  },
  OCSP_UNKNOWN: {
    claim: 'revocation',
    remedy: 'NVIDIA does not know the certificate: do not use what it vouches for.'
  },
  OCSP_UNAVAILABLE: { claim: 'revocation', remedy: "Fetch current answers of NVIDIA's OCSP service." },
  RIM_MISSING: { claim: 'rim', remedy: "Fetch the manifest of this version from NVIDIA's RIM service." },
  RIM_MALFORMED: { claim: 'rim', remedy: RIM },
  RIM_SIGNATURE_INVALID: { claim: 'rim', remedy: RIM },
  RIM_CHAIN_INVALID: { claim: 'rim', remedy: RIM },
  RIM_EXPIRED: { claim: 'rim', remedy: 'Fetch the manifest again: NVIDIA issues it anew under the same name.' },
  RIM_PRODUCT_MISMATCH: { claim: 'rim', remedy: "Fetch the manifest of this product from NVIDIA's RIM service." },
  RIM_VERSION_MISMATCH: { claim: 'rim', remedy: "Fetch the manifest of this version from NVIDIA's RIM service." },
  RIM_INDEX_CONFLICT: {
    claim: 'rim',
    remedy: 'Two manifests claim the same measurement: fetch both again from NVIDIA.'
  },
  MEASUREMENT_MISMATCH: {
    claim: 'measurements',
    remedy: 'The device runs firmware or settings that NVIDIA did not publish (a developer mode too): do not use it.'
  },
  CC_MODE_OFF: {
    claim: 'gpuMode',
    remedy: "The host's owner turns confidential computing on in the GPU and restarts it."
  },
  CC_MODE_DEVTOOLS: {
    claim: 'gpuMode',
    remedy: "The GPU's memory is open to debugging: the host's owner turns the developer's mode off and restarts it."
  },
  DEVICE_DUPLICATED: { claim: 'devices', remedy: 'One device answers for two: do not use this host.' },
  TOPOLOGY_INVALID: {
    claim: 'topology',
    remedy: 'The host attests all GPUs and switches of its machine, and those only.'
  },
  NRAS_TOKEN_INVALID: { claim: 'remoteAttestation', remedy: "Ask NVIDIA's remote service again." },
  LEAF_MALFORMED: { claim: 'log', remedy: LOG },
  PROOF_MALFORMED: { claim: 'log', remedy: LOG },
  PROOF_INVALID: { claim: 'log', remedy: LOG },
  NOTE_MALFORMED: { claim: 'log', remedy: LOG },
  NOTE_UNSIGNED: { claim: 'log', remedy: LOG },
  NOTE_SIGNATURE_INVALID: { claim: 'log', remedy: LOG },
  CHECKPOINT_MALFORMED: { claim: 'log', remedy: LOG },
  CHECKPOINT_ORIGIN_MISMATCH: {
    claim: 'log',
    remedy: 'The proof is of a log that the policy does not name: ask a relay of the network that is meant.'
  },
  CHECKPOINT_UNWITNESSED: {
    claim: 'log',
    remedy: "The log's operator gets its checkpoints cosigned by the witnesses that the policy names."
  },
  CHECKPOINT_STALE: {
    claim: 'log',
    remedy:
      'Ask another relay, or wait until the log signs again; set the clock of this machine. An old head hides what came after it.'
  },
  LOG_FORKED: {
    claim: 'log',
    remedy: 'The log has signed two histories. Trust nothing that it holds, keep both checkpoints, and publish them.'
  },
  LOG_INCONSISTENT: {
    claim: 'log',
    remedy: 'Ask another relay: this one cannot show that the log only grew since it was seen last.'
  },
  KEYSET_LAPSED: { claim: 'keyset', remedy: 'The host attests again with a new challenge and keyset.' }
} as const satisfies Partial<Record<AttestationErrorCode, { readonly claim: string; readonly remedy: string }>>
