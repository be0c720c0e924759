import type { FindingCode } from '../appraisal/findings.ts'
import type { BundleFields } from '../bundle.ts'
import type { AttestationErrorCode } from '../errors.ts'
import { encodeKeyset, parseKeyset } from '../session/keyset.ts'
import { encodeDstackEventLog } from '../tdx/dstack-log.ts'
import type { TcbStatus } from '../tdx/status.ts'
import type { VirtualCollateralOptions } from './collateral.ts'
import { VIRTUAL_QE, type VirtualPlatformOptions } from './platform.ts'
import { CURRENT_TCB, components, OLD_TCB, REVOKED_TCB, UNLISTED_TCB } from './tcb.ts'

/** What is set differently, and what a verifier must then say. */
export interface VirtualKnob {
  readonly platform?: Partial<VirtualPlatformOptions>
  readonly collateral?: Partial<VirtualCollateralOptions>
  /** Members of the evidence bundle to put in place of those that the quote was made over. */
  readonly bundle?: (fields: BundleFields) => Partial<BundleFields>
  readonly outcome: KnobOutcome
}

/**
 * `refused`: verification of the quote throws this code. `status`: it passes with this TCB status. `finding`: it passes as
 * up to date, and appraisal of the bundle finds this.
 */
export type KnobOutcome =
  | { readonly refused: AttestationErrorCode }
  | { readonly status: TcbStatus }
  | { readonly finding: FindingCode }

const SERIAL = '4b79'.repeat(10)
const DAY = 24 * 3600
const LAPSED = { from: -40 * DAY, until: -10 * DAY }
const FUTURE = { from: DAY, until: 30 * DAY }
const ANOTHER_LOG = encodeDstackEventLog([{ name: 'app-id', payload: new Uint8Array(0), version: 2 }])
const OTHER_FMSPC = Uint8Array.of(0xb0, 0x4b, 0x79, 0, 0, 1)

const TCB = {
  'tcb out of date': { platform: { tcb: OLD_TCB }, outcome: { status: 'OutOfDate' } },
  'tcb revoked': { platform: { tcb: REVOKED_TCB }, outcome: { status: 'Revoked' } },
  'tcb in no level': { platform: { tcb: UNLISTED_TCB }, outcome: { status: 'NotSupported' } },
  'software hardening needed': {
    collateral: { currentStatus: 'SWHardeningNeeded' },
    outcome: { status: 'SWHardeningNeeded' }
  },
  'configuration needed': {
    collateral: { currentStatus: 'ConfigurationNeeded' },
    outcome: { status: 'ConfigurationNeeded' }
  },
  'module out of date': {
    platform: { tcb: { ...CURRENT_TCB, teeTcbSvn: components(4, 1, 3) } },
    outcome: { status: 'OutOfDate' }
  },
  'module out of date at launch, updated since': {
    platform: {
      tcb: { ...CURRENT_TCB, teeTcbSvn: components(4, 1, 3), teeTcbSvn2: CURRENT_TCB.teeTcbSvn },
      td: { version: 5, tdVersion: '1.5' }
    },
    outcome: { status: 'TDRelaunchAdvised' }
  },
  'module out of date at launch, updated since, configuration needed': {
    platform: {
      tcb: { ...CURRENT_TCB, teeTcbSvn: components(4, 1, 3), teeTcbSvn2: CURRENT_TCB.teeTcbSvn },
      td: { version: 5, tdVersion: '1.5' }
    },
    collateral: { currentStatus: 'ConfigurationNeeded' },
    outcome: { status: 'TDRelaunchAdvisedConfigurationNeeded' }
  },
  'module out of date, configuration needed': {
    platform: { tcb: { ...CURRENT_TCB, teeTcbSvn: components(4, 1, 3) } },
    collateral: { currentStatus: 'ConfigurationNeeded' },
    outcome: { status: 'OutOfDateConfigurationNeeded' }
  },
  'module of an unknown major version': {
    platform: { tcb: { ...CURRENT_TCB, teeTcbSvn: components(6, 9, 3) } },
    outcome: { refused: 'QV_RESULT_TERMINAL_UNSPECIFIED' }
  },
  'qe out of date': { platform: { qe: { ...VIRTUAL_QE, isvSvn: 2 } }, outcome: { status: 'OutOfDate' } }
} as const satisfies Record<string, VirtualKnob>

const QE = {
  'qe of another signer': {
    platform: { qe: { ...VIRTUAL_QE, mrSigner: new Uint8Array(32) } },
    outcome: { refused: 'QE_IDENTITY_MRSIGNER_MISMATCH' }
  },
  'qe of another product': {
    platform: { qe: { ...VIRTUAL_QE, isvProdId: 3 } },
    outcome: { refused: 'QE_IDENTITY_FIELD_MISMATCH' }
  },
  'qe with miscselect': {
    platform: { qe: { ...VIRTUAL_QE, miscSelect: 1 } },
    outcome: { refused: 'QE_IDENTITY_FIELD_MISMATCH' }
  },
  'qe in debug': {
    platform: { qe: { ...VIRTUAL_QE, attributes: components(0x13, 0, 0, 0, 0, 0, 0, 0, 0xe7) } },
    outcome: { refused: 'QE_IDENTITY_FIELD_MISMATCH' }
  },
  'qe older than every level': {
    platform: { qe: { ...VIRTUAL_QE, isvSvn: 1 } },
    outcome: { status: 'NotSupported' }
  }
} as const satisfies Record<string, VirtualKnob>

const PCK = {
  'pck revoked': {
    platform: { serialNumber: SERIAL },
    collateral: { revokedPck: [SERIAL] },
    outcome: { refused: 'PCK_REVOKED' }
  },
  'pck ca revoked': {
    collateral: { revokedByRoot: ['platform'] },
    outcome: { refused: 'INTERMEDIATE_REVOKED' }
  },
  'tcb signer revoked': {
    collateral: { revokedByRoot: ['tcbSigning'] },
    outcome: { refused: 'TCB_INFO_CHAIN_INVALID' }
  },
  'pck expired': { platform: { pckValid: { from: -9 * DAY, until: -DAY } }, outcome: { refused: 'PCK_EXPIRED' } },
  'pck not yet valid': { platform: { pckValid: FUTURE }, outcome: { refused: 'PCK_EXPIRED' } },
  'pck of another family': { platform: { fmspc: OTHER_FMSPC }, outcome: { refused: 'PCK_FMSPC_MISMATCH' } },
  'pck of another pce': {
    platform: { pceId: Uint8Array.of(0, 1) },
    outcome: { refused: 'PCK_FMSPC_MISMATCH' }
  },
  'pck under the other ca': { platform: { ca: 'processor' }, outcome: { refused: 'PCK_CRL_INVALID' } },
  'pck chain without root': {
    platform: { faults: ['pck-chain-without-root'] },
    outcome: { refused: 'PCK_CHAIN_INCOMPLETE' }
  },
  "pck under a stranger's root": { platform: { strangerRoot: true }, outcome: { refused: 'ROOT_CA_UNTRUSTED' } }
} as const satisfies Record<string, VirtualKnob>

const COLLATERAL = {
  'tcb info lapsed': { collateral: { tcbInfoValid: LAPSED }, outcome: { refused: 'TCB_INFO_EXPIRED' } },
  'tcb info of the future': { collateral: { tcbInfoValid: FUTURE }, outcome: { refused: 'TCB_INFO_EXPIRED' } },
  'tcb info changed': { collateral: { faults: ['tcb-info-body'] }, outcome: { refused: 'TCB_INFO_SIGNATURE_INVALID' } },
  'tcb info signature changed': {
    collateral: { faults: ['tcb-info-signature'] },
    outcome: { refused: 'TCB_INFO_SIGNATURE_INVALID' }
  },
  'tcb info signed by the pck ca': {
    collateral: { faults: ['tcb-info-by-pck-ca'] },
    outcome: { refused: 'TCB_INFO_CHAIN_INVALID' }
  },
  'tcb info for sgx': {
    collateral: { tcbInfo: { id: 'SGX' } },
    outcome: { refused: 'TCB_INFO_MISMATCH' }
  },
  'qe identity lapsed': { collateral: { qeIdentityValid: LAPSED }, outcome: { refused: 'QE_IDENTITY_EXPIRED' } },
  'qe identity changed': {
    collateral: { faults: ['qe-identity-body'] },
    outcome: { refused: 'QE_IDENTITY_SIGNATURE_INVALID' }
  },
  'qe identity signature changed': {
    collateral: { faults: ['qe-identity-signature'] },
    outcome: { refused: 'QE_IDENTITY_SIGNATURE_INVALID' }
  },
  'qe identity for sgx': {
    collateral: { qeIdentity: { id: 'QE' } },
    outcome: { refused: 'QE_IDENTITY_ID_INVALID' }
  },
  'qe identity of version 1': {
    collateral: { qeIdentity: { version: 1 } },
    outcome: { refused: 'QE_IDENTITY_VERSION_INVALID' }
  },
  'pck crl lapsed': { collateral: { pckCrlValid: LAPSED }, outcome: { refused: 'PCK_CRL_EXPIRED' } },
  'pck crl changed': { collateral: { faults: ['pck-crl-signature'] }, outcome: { refused: 'PCK_CRL_INVALID' } },
  'pck crl missing': { collateral: { faults: ['pck-crl-missing'] }, outcome: { refused: 'PCK_CRL_INVALID' } },
  'pck crl replaced by the root crl': {
    collateral: { faults: ['pck-crl-is-root-crl'] },
    outcome: { refused: 'PCK_CRL_INVALID' }
  },
  'root crl lapsed': { collateral: { rootCrlValid: LAPSED }, outcome: { refused: 'ROOT_CRL_EXPIRED' } },
  'root crl changed': { collateral: { faults: ['root-crl-signature'] }, outcome: { refused: 'ROOT_CRL_INVALID' } },
  'root crl missing': { collateral: { faults: ['root-crl-missing'] }, outcome: { refused: 'ROOT_CRL_INVALID' } },
  "collateral under a stranger's root": {
    collateral: { strangerRoot: true },
    outcome: { refused: 'PCK_CRL_INVALID' }
  }
} as const satisfies Record<string, VirtualKnob>

const TD = {
  'debug td': {
    platform: { td: { tdAttributes: Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0) } },
    outcome: { refused: 'TD_ATTRIBUTES_DEBUG_SET' }
  },
  'td with a reserved attribute': {
    platform: { td: { tdAttributes: Uint8Array.of(0, 1, 0, 0x10, 0, 0, 0, 0) } },
    outcome: { refused: 'TD_ATTRIBUTES_RESERVED_BIT_SET' }
  },
  'module of another signer': {
    platform: { td: { mrSignerSeam: new Uint8Array(48).fill(1) } },
    outcome: { refused: 'MR_SIGNER_SEAM_MISMATCH' }
  },
  'module with attributes': {
    platform: { td: { seamAttributes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) } },
    outcome: { refused: 'SEAM_ATTRIBUTES_MISMATCH' }
  }
} as const satisfies Record<string, VirtualKnob>

const QUOTE = {
  'quote header changed': { platform: { faults: ['header'] }, outcome: { refused: 'QUOTE_SIGNATURE_INVALID' } },
  'quote body changed': { platform: { faults: ['body'] }, outcome: { refused: 'QUOTE_SIGNATURE_INVALID' } },
  'quote signature changed': {
    platform: { faults: ['quote-signature'] },
    outcome: { refused: 'QUOTE_SIGNATURE_INVALID' }
  },
  "quote signed with a stranger's key": {
    platform: { faults: ['quote-by-stranger'] },
    outcome: { refused: 'QUOTE_SIGNATURE_INVALID' }
  },
  'attestation key changed': {
    platform: { faults: ['attestation-key'] },
    outcome: { refused: 'AK_BINDING_INVALID' }
  },
  'qe auth data changed': { platform: { faults: ['qe-auth-data'] }, outcome: { refused: 'AK_BINDING_INVALID' } },
  'qe report changed': { platform: { faults: ['qe-report'] }, outcome: { refused: 'QE_REPORT_SIGNATURE_INVALID' } },
  'qe report signature changed': {
    platform: { faults: ['qe-report-signature'] },
    outcome: { refused: 'QE_REPORT_SIGNATURE_INVALID' }
  },
  "qe report signed with a stranger's key": {
    platform: { faults: ['qe-report-by-stranger'] },
    outcome: { refused: 'QE_REPORT_SIGNATURE_INVALID' }
  },
  'quote truncated': { platform: { faults: ['truncated'] }, outcome: { refused: 'QUOTE_TRUNCATED' } }
} as const satisfies Record<string, VirtualKnob>

const APPRAISED = {
  'report data of something else': {
    platform: { faults: ['other-report-data'] },
    outcome: { finding: 'REPORT_DATA_MISMATCH' }
  },
  'other nonce': {
    bundle: ({ challenge }) => ({ challenge: { ...challenge, random: new Uint8Array(32).fill(0x5a) } }),
    outcome: { finding: 'REPORT_DATA_MISMATCH' }
  },
  'swapped keyset': {
    bundle: ({ keyset }) => ({ keyset: withSessionKey(keyset, new Uint8Array(32).fill(0x5a)) }),
    outcome: { finding: 'REPORT_DATA_MISMATCH' }
  },
  'event log without its guest': {
    bundle: ({ eventLog }) => ({ eventLog: eventLog.filter(({ format }) => format === 'ccel') }),
    outcome: { finding: 'EVENT_MISSING' }
  },
  'event log of another guest': {
    bundle: ({ eventLog }) => ({
      eventLog: eventLog.map(({ format, data }) => ({ format, data: format === 'dstack' ? ANOTHER_LOG : data }))
    }),
    outcome: { finding: 'EVENT_LOG_MISMATCH' }
  },
  'td open to injected exceptions': {
    platform: { td: { tdAttributes: new Uint8Array(8) } },
    outcome: { finding: 'SEPT_VE_DISABLE_CLEAR' }
  },
  'td with a service td': {
    platform: { td: { version: 5, tdVersion: '1.5', mrServiceTd: new Uint8Array(48).fill(1) } },
    outcome: { finding: 'MR_SERVICE_TD_MISMATCH' }
  }
} as const satisfies Record<string, VirtualKnob>

/** Every way in which virtual evidence can be made wrong, by name: the options to make it with, and the outcome. */
export const VIRTUAL_KNOBS: Readonly<Record<string, VirtualKnob>> = {
  ...TCB,
  ...QE,
  ...PCK,
  ...COLLATERAL,
  ...TD,
  ...QUOTE,
  ...APPRAISED
}

/** The knob of this name; `TypeError` for a name that is none. */
export function virtualKnob(name: string): VirtualKnob {
  const knob = VIRTUAL_KNOBS[name]
  if (knob === undefined) throw new TypeError(`no knob "${name}"`)
  return knob
}

function withSessionKey(keyset: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const fields = parseKeyset(keyset)
  return encodeKeyset({ ...fields, sessionKeys: fields.sessionKeys.map(({ keyId }) => ({ keyId, publicKey })) })
}
