import type { EvidenceBundle } from './bundle.ts'
import type { Policy } from './policy.ts'
import type { AppraisalResult } from './result.ts'
import type { Keyset } from './session/keyset.ts'
import type { TdxCollateral } from './tdx/collateral.ts'
import type { VerifiedTdxQuote } from './tdx/verify.ts'

declare const appraised: unique symbol

/**
 * Which challenge the evidence must answer. Who gave the nonce out says `expected`. A client that reads a stored bundle
 * says `any-fresh`: the evidence is as old as its challenge's block, or as its keyset, and the policy's maximum age holds.
 */
export type ExpectedChallenge =
  | { readonly kind: 'expected'; readonly nonce: Uint8Array }
  | { readonly kind: 'any-fresh' }

/** Evidence of one host, the endorsements to verify it with, and the challenge it must answer. */
export interface HostEvidence {
  readonly bundle: EvidenceBundle
  readonly collateral: TdxCollateral
  readonly challenge: ExpectedChallenge
}

/** A host that the policy trusts. Only `appraiseBundle` makes one, and a session is opened with nothing else. */
export interface AppraisedHost {
  readonly [appraised]: true
  readonly keyset: Keyset
  readonly keysetDigest: Uint8Array
  /** Unix seconds: from here on the appraisal counts no more. */
  readonly notAfter: number
  readonly tee: 'tdx' | 'virtual'
  readonly result: AppraisalResult
}

export type Appraisal =
  | { readonly kind: 'trusted'; readonly host: AppraisedHost; readonly result: AppraisalResult }
  | { readonly kind: 'refused'; readonly result: AppraisalResult }

export function appraiseBundle(evidence: HostEvidence, policy: Policy, now: Date): Appraisal {
  throw new Error(`not yet: ${evidence} ${policy} ${now}`)
}

export function appraiseQuote(quote: VerifiedTdxQuote, policy: Policy, now: Date): AppraisalResult {
  throw new Error(`not yet: ${quote} ${policy} ${now}`)
}

/** A bare quote with its collateral, as bytes. */
export interface TdxEvidence {
  readonly quoteBytes: Uint8Array
  readonly collateralBytes: Uint8Array
}

export function appraiseTdxEvidence(evidence: TdxEvidence, policy: Policy, now: Date): AppraisalResult {
  throw new Error(`not yet: ${evidence} ${policy} ${now}`)
}
