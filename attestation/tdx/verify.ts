import type { TrustAnchors } from './anchors.ts'
import type { TdxCollateral } from './collateral.ts'
import type { PckExtension } from './pck.ts'
import type { TdxQuote } from './quote.ts'
import type { MatchedLevel, TcbStatus } from './status.ts'

const verified = Symbol('verified')

/** A quote that is authentic, with what Intel says of its platform. Only `verifyTdxQuote` makes one. */
export interface VerifiedTdxQuote {
  readonly [verified]: true
  readonly quote: TdxQuote
  readonly pck: PckExtension
  readonly fmspc: Uint8Array
  /** The merged status; `NotSupported` and `Revoked` are for appraisal to refuse. */
  readonly status: TcbStatus
  /** The union over platform, TDX module and QE. */
  readonly advisories: readonly string[]
  /** The earliest date of the levels that were met; 1970 where none was. */
  readonly tcbDate: Date
  /** The lower of TCB info's and QE identity's tcbEvaluationDataNumber. */
  readonly evaluationDataNumber: number
  readonly platform: MatchedLevel
  /** Undefined where the platform's levels cover the module (TEE_TCB_SVN[1] = 0), and for SGX. */
  readonly module: MatchedLevel | undefined
  readonly qe: MatchedLevel
  /** SHA-256 of the trusted root certificate (DER) that the chains end at. */
  readonly rootFingerprint: Uint8Array
  /** When this verdict stops holding: the earliest nextUpdate (with the accepted excess) or certificate's notAfter. */
  readonly collateralNotAfter: Date
  /** Whether a nextUpdate has passed already, within the excess that the anchors accept. */
  readonly collateralExpired: boolean
}

/** Verifies a quote against collateral, trust anchors and a clock. */
export function verifyTdxQuote(
  _quote: TdxQuote,
  _collateral: TdxCollateral,
  _anchors: TrustAnchors,
  _now: Date
): VerifiedTdxQuote {
  throw new TypeError('not yet')
}
