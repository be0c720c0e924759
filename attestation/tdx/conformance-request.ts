import { decodeBase64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { decodePem } from '../pem.ts'
import { INTEL_SGX_ROOT } from './anchors.ts'
import { JsonMembers } from './json-members.ts'

/** A case of the conformance suite, read. What the quote and collateral hold is the verifier's to judge. */
export interface ConformanceRequest {
  readonly quote: Uint8Array
  readonly collateral: ConformanceCollateral
  readonly now: Date
  readonly policy: ConformancePolicy
}

/** Whole PCS answers, and the chains that came in their headers where the case has them. */
export interface ConformanceCollateral {
  readonly tcbInfoJson: string
  readonly qeIdentityJson: string
  readonly pckCrl: Uint8Array
  readonly rootCrl: Uint8Array
  readonly root: Uint8Array
  readonly tcbInfoIssuerChain: string | undefined
  readonly qeIdentityIssuerChain: string | undefined
  readonly pckCrlIssuerChain: string | undefined
}

export interface ConformancePolicy {
  readonly acceptedQvResults: readonly string[]
  readonly tcbEvaluationRequired: boolean
  readonly enforceSpecDefaults: boolean
  readonly minTcbEvaluationDataNumber: number
  readonly minTeeTcbSvn: Uint8Array | undefined
  readonly mrSeamAllowlist: readonly string[] | undefined
  /** Expected values in lower-case hex, by the policy's member. */
  readonly pins: ReadonlyMap<Pin, string>
}

export const PINS = [
  'expected_fmspc_hex',
  'expected_td_attributes_hex',
  'expected_xfam_hex',
  'expected_mr_signer_seam_hex',
  'expected_seam_attributes_hex',
  'expected_mrtd_hex',
  'expected_mr_config_id_hex',
  'expected_mr_owner_hex',
  'expected_mr_owner_config_hex',
  'expected_rtmr3_hex',
  'expected_report_data_hex',
  'expected_qe_vendor_id_hex'
] as const

export type Pin = (typeof PINS)[number]

export const POLICY_MEMBERS = [
  'accepted_qv_results',
  'tcb_evaluation_required',
  'enforce_spec_defaults',
  'expected_mrseam_allowlist',
  'min_tee_tcb_svn_hex',
  'min_tcb_evaluation_data_number',
  ...PINS
] as const

const MAX_REQUEST = 16 * 1024 * 1024
const EXECUTION_MODES: ReadonlySet<string> = new Set(['public_api'])

/** The case asks for what is not done here: exit 20, where ignoring it would make a check weaker than was asked. */
export class UnsupportedRequest extends Error {}

/** Reads a case; malformed input is POLICY_MALFORMED, whatever part of it. */
export function parseConformanceRequest(text: string): ConformanceRequest {
  if (text.length > MAX_REQUEST) throw malformed(`${text.length} characters, at most ${MAX_REQUEST}`)
  const request = JsonMembers.parse(text, 'POLICY_MALFORMED')
  if (request.text('schema_version') !== '1') throw malformed('schema_version is not "1"')
  if (request.has('execution_mode')) refuseMode(request.text('execution_mode'))
  return {
    quote: base64(request, 'quote_b64'),
    collateral: readCollateral(request.object('collateral')),
    now: new Date(request.integer('expiration_check_date_unix', 8_640_000_000_000) * 1000),
    policy: request.has('policy') ? readPolicy(request.object('policy')) : DEFAULT_POLICY
  }
}

const DEFAULT_POLICY: ConformancePolicy = {
  acceptedQvResults: ['OK'],
  tcbEvaluationRequired: true,
  enforceSpecDefaults: false,
  minTcbEvaluationDataNumber: 0,
  minTeeTcbSvn: undefined,
  mrSeamAllowlist: undefined,
  pins: new Map()
}

function readCollateral(collateral: JsonMembers): ConformanceCollateral {
  const chain = (member: string) => (collateral.has(member) ? collateral.text(member) : undefined)
  return {
    tcbInfoJson: collateral.text('tcb_info_json'),
    qeIdentityJson: collateral.text('qe_identity_json'),
    pckCrl: base64(collateral, 'pck_crl_der_b64'),
    rootCrl: base64(collateral, 'root_crl_der_b64'),
    root: collateral.has('intel_root_ca_pem') ? readRoot(collateral.text('intel_root_ca_pem')) : INTEL_SGX_ROOT,
    tcbInfoIssuerChain: chain('tcb_info_issuer_chain_pem'),
    qeIdentityIssuerChain: chain('qe_identity_issuer_chain_pem'),
    pckCrlIssuerChain: chain('pck_crl_issuer_chain_pem')
  }
}

function readPolicy(policy: JsonMembers): ConformancePolicy {
  const known: ReadonlySet<string> = new Set(POLICY_MEMBERS)
  const unknown = policy.names().find((name) => !known.has(name))
  if (unknown !== undefined) throw new UnsupportedRequest(`policy.${unknown}`)
  const optional = <T>(member: string, read: () => T, otherwise: T): T => (policy.has(member) ? read() : otherwise)
  const minSvn = 'min_tee_tcb_svn_hex'
  const [results, seams, number] = [
    'accepted_qv_results',
    'expected_mrseam_allowlist',
    'min_tcb_evaluation_data_number'
  ]
  const given = PINS.filter((pin) => policy.has(pin))
  return {
    acceptedQvResults: optional(results, () => policy.texts(results, 64), DEFAULT_POLICY.acceptedQvResults),
    tcbEvaluationRequired: flag(policy, 'tcb_evaluation_required', true),
    enforceSpecDefaults: flag(policy, 'enforce_spec_defaults', false),
    minTcbEvaluationDataNumber: optional(number, () => policy.integer(number, 0xffff_ffff), 0),
    minTeeTcbSvn: optional(minSvn, () => policy.hex(minSvn, 16), undefined),
    mrSeamAllowlist: optional(seams, () => policy.texts(seams, 1024).map(normalise), undefined),
    pins: new Map(given.map((pin) => [pin, normalise(policy.text(pin))]))
  }
}

function flag(policy: JsonMembers, member: string, otherwise: boolean): boolean {
  return policy.has(member) ? policy.flag(member) : otherwise
}

function refuseMode(mode: string): void {
  if (!EXECUTION_MODES.has(mode)) throw new UnsupportedRequest(`execution_mode ${mode}`)
}

function readRoot(pem: string): Uint8Array {
  const [root, ...more] = decodePem(pem)
  if (root === undefined || more.length > 0) throw malformed('intel_root_ca_pem is not one certificate')
  return root
}

function base64(members: JsonMembers, member: string): Uint8Array {
  try {
    return decodeBase64(members.text(member))
  } catch (cause) {
    throw malformed(`${member} is not base64`, cause)
  }
}

function normalise(hex: string): string {
  return hex.trim().toLowerCase()
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('POLICY_MALFORMED', message, { cause })
}
