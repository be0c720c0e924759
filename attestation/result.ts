import { FINDING_CODES } from './appraisal/findings.ts'
import { NAMEABLE_STATUSES } from './appraisal/policy-document.ts'
import {
  constant,
  flag,
  hex,
  integer,
  list,
  nullable,
  object,
  oneOf,
  type Read,
  ShapeError,
  text,
  unixTime
} from './appraisal/shape.ts'
import { AttestationError } from './errors.ts'
import { decodeJcs, encodeJcs, type JsonValue } from './jcs.ts'
import type { TcbStatus } from './tdx/status.ts'

const MAX_RESULT_BYTES = 1 << 18
const MOST_DEVICES = 16
const MOST_FINDINGS = 256
const TCB_STATUSES = [...NAMEABLE_STATUSES, 'Revoked'] as const satisfies readonly TcbStatus[]

const finding = object({
  code: oneOf(FINDING_CODES),
  /** What it alone makes of the result. */
  status: oneOf(['warning', 'contraindicated']),
  /** The claim that is wrong or missing. */
  claim: text('', 128),
  expected: text('', 4096),
  actual: text('', 4096),
  /** What to do about it. */
  remedy: text('', 1024)
})

/** What Intel's signatures (or the virtual root's) prove of the platform and the trust domain. */
const platform = object({
  quoteVersion: integer(3, 5),
  rootFingerprint: hex(32),
  fmspc: hex(6),
  tcbStatus: oneOf(TCB_STATUSES),
  advisories: list(text('', 64), 1024),
  tcbDate: unixTime,
  evaluationDataNumber: integer(0, 0xffff_ffff),
  collateralNotAfter: unixTime,
  collateralExpired: flag,
  reportData: hex(64),
  /** Null for an SGX enclave. */
  trustDomain: nullable(
    object({
      mrTd: hex(48),
      rtmrs: list(hex(48), 4),
      mrSeam: hex(48),
      mrConfigId: hex(48),
      mrOwner: hex(48),
      mrOwnerConfig: hex(48),
      /** Null for TD 1.0, which has no such field. */
      mrServiceTd: nullable(hex(48)),
      tdAttributes: hex(8),
      xfam: hex(8),
      teeTcbSvn: hex(16)
    })
  )
})

/** What the quote binds to the platform: the keyset, and the guest's events that replay to RTMR3. */
const workload = object({
  subject: text('', 128),
  epoch: hex(16),
  keysetDigest: hex(32),
  keysetNotAfter: unixTime,
  beaconNetwork: integer(-0x8000_0000, 0x7fff_ffff),
  model: object({ id: text('', 256), engine: text('', 256), weights: hex(32) }),
  appId: nullable(text('', 256)),
  composeHash: nullable(text('', 256)),
  instanceId: nullable(text('', 256))
})

/** A device that came with the evidence, and what each check of it gave. Null is absent, and never good. */
const device = object({
  arch: oneOf(['HOPPER', 'BLACKWELL', 'LS10']),
  /** Whether its report is authentic and answers the nonce; what a policy says of it are findings. */
  verification: oneOf(['verified', 'refused']),
  chip: nullable(text('', 64)),
  pdi: nullable(text('^[0-9A-F]{16}$', 16)),
  /** SHA-256 of the device identity's public key: one device, one value, in whatever host. */
  identity: nullable(hex(32)),
  certificateSha256: nullable(hex(32)),
  driverVersion: nullable(text('', 64)),
  vbiosVersion: nullable(text('', 64)),
  reportSignature: oneOf(['valid', 'invalid']),
  certificateChain: oneOf(['valid', 'invalid']),
  nonce: oneOf(['match', 'mismatch']),
  fwid: oneOf(['match', 'absent', 'mismatch']),
  feature: nullable(integer(0, 0xffff_ffff)),
  revocation: nullable(oneOf(['good', 'grace', 'unknown', 'unavailable', 'hold', 'revoked'])),
  measurements: nullable(
    object({
      compared: integer(0, 512),
      mismatches: list(object({ index: integer(0, 255), source: oneOf(['driver', 'vbios']) }), 512)
    })
  )
})

const resultShape = object({
  v: constant(1),
  status: oneOf(['affirming', 'warning', 'contraindicated']),
  tee: oneOf(['tdx', 'sgx', 'virtual', 'unverified']),
  colocation: oneOf(['measured-gate', 'no-devices']),
  appraisedAt: unixTime,
  notAfter: unixTime,
  policy: object({ name: text('', 64), digest: hex(32) }),
  /** The nonce that the evidence claims to answer; null for a bare quote. */
  nonce: nullable(hex(32)),
  bundleDigest: nullable(hex(32)),
  /** Of the endorsements' JCS form: with devices the whole document, without the TDX collateral's. */
  collateralDigest: hex(32),
  platform: nullable(platform),
  workload: nullable(workload),
  devices: list(device, MOST_DEVICES),
  findings: list(finding, MOST_FINDINGS)
})

/** One reason why a result is not `affirming`. */
export interface Finding extends Read<typeof finding> {}
export interface PlatformClaims extends Read<typeof platform> {}
export interface WorkloadClaims extends Read<typeof workload> {}
export interface DeviceClaims extends Read<typeof device> {}

/**
 * An attestation result (RFC 9334). Claims are null where nothing proves them. `tee` is what the evidence's root says, not
 * what the policy wished: `unverified` when verification failed. `notAfter` is the earliest of keyset, collateral and the
 * policy's maximum age; of a contraindicated result, the moment of appraisal.
 */
export interface AppraisalResult extends Read<typeof resultShape> {}
export type AppraisalStatus = AppraisalResult['status']
export type Tee = AppraisalResult['tee']

/** The result as JSON, snake_case, times in unix seconds, bytes in hex. */
export function resultToJson(result: AppraisalResult): JsonValue {
  return resultShape.write(result)
}

/** A result's `devices` alone. */
export function devicesToJson(devices: readonly DeviceClaims[]): JsonValue {
  return list(device, MOST_DEVICES).write(devices)
}

/** A result's `findings` alone. */
export function findingsToJson(findings: readonly Finding[]): JsonValue {
  return list(finding, MOST_FINDINGS).write(findings)
}

/** The result's RFC 8785 form. */
export function encodeResult(result: AppraisalResult): Uint8Array {
  return encodeJcs(resultToJson(result))
}

/**
 * Reads a result that somebody else made, to show or to compare: it is their word, and no `AppraisedHost`. Throws
 * `RESULT_MALFORMED`.
 */
export function parseResult(bytes: Uint8Array): AppraisalResult {
  return resultFromJson(decodeJcs(bytes, MAX_RESULT_BYTES, 'RESULT_MALFORMED'))
}

/** Throws `RESULT_MALFORMED`. */
export function resultFromJson(value: JsonValue): AppraisalResult {
  try {
    return resultShape.read(value, '')
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw new AttestationError('RESULT_MALFORMED', cause.message, { cause })
  }
}
