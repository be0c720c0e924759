import { sha256 } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { sameBytes } from '../x509.ts'
import type { TrustAnchors } from './anchors.ts'
import { checkAttributes } from './attributes.ts'
import type { TdxCollateral } from './collateral.ts'
import { checkCollateralInDate, checkPlatformInDate, type Freshness, freshness } from './dates.ts'
import { type AuthenticCollateral, authenticateCollateral } from './endorsements.ts'
import type { PckExtension } from './pck.ts'
import { type AuthenticPlatform, authenticatePlatform, checkCollateralIsFor, checkRevocation } from './platform.ts'
import { matchQeIdentity } from './qe-identity.ts'
import { type VouchedKey, verifyQeReport, verifyQuoteSignature } from './qe-report.ts'
import type { TdxQuote } from './quote.ts'
import { evaluateTcb, type TcbEvaluation } from './tcb.ts'

const verified = Symbol('verified')

/**
 * A quote that is authentic, with what Intel says of its platform: the merged status (`NotSupported` and `Revoked` are
 * for appraisal to refuse), the union of advisories, the earliest date of the levels that were met (1970 where one was
 * not), and each level. Only `verifyTdxQuote` makes one.
 */
export interface VerifiedTdxQuote extends TcbEvaluation, Freshness {
  readonly [verified]: true
  readonly quote: TdxQuote
  readonly pck: PckExtension
  readonly fmspc: Uint8Array
  /** The lower of TCB info's and QE identity's tcbEvaluationDataNumber. */
  readonly evaluationDataNumber: number
  /** SHA-256 of the trusted root certificate (DER) that the chains end at. */
  readonly rootFingerprint: Uint8Array
  /** To verify the platform's next quote with. */
  readonly vouchedKey: VouchedKey
}

/** Endorsements of a quote that were authenticated before. */
export interface AuthenticEndorsements {
  readonly platform: AuthenticPlatform
  readonly collateral: AuthenticCollateral
  /** Of an earlier quote; a quote with another attestation key is verified in full. */
  readonly vouchedKey?: VouchedKey | undefined
}

/**
 * Verifies a quote, in the order of Intel's DCAP quote verification (4.1.2.4):
 *
 * 1. Structure: `parseTdxQuote`.
 * 2. PCK chain of the quote: leaf, Platform or Processor CA, a trusted root; in date.
 * 3. CRLs: present, signed by their issuers, in date; PCK, PCK CA and TCB signer not revoked.
 * 4. TCB info and QE identity: signed over their raw text under the same root, in date, for this platform and TEE.
 * 5. QE report: signed by the PCK, names the attestation key, equals the QE identity.
 * 6. Quote signature by the attestation key.
 * 7. to 9. TCB levels of module, platform and QE: `evaluateTcb`.
 * 10. Attributes: no debug, no reserved bit.
 */
export function verifyTdxQuote(
  quote: TdxQuote,
  collateral: TdxCollateral,
  anchors: TrustAnchors,
  now: Date
): VerifiedTdxQuote {
  const platform = authenticatePlatform(quote.pckChainPem, anchors)
  checkPlatformInDate(platform, now)
  const known = [...platform.chain, platform.anchor]
  const authentic = authenticateCollateral(collateral, anchors, known)
  return verifyEndorsedQuote(quote, { platform, collateral: authentic }, anchors, now)
}

/** `verifyTdxQuote` with endorsements that were authenticated before: their dates are checked, and that they are the quote's. */
export function verifyEndorsedQuote(
  quote: TdxQuote,
  { platform, collateral, vouchedKey: kept }: AuthenticEndorsements,
  anchors: TrustAnchors,
  now: Date
): VerifiedTdxQuote {
  checkPlatformIsOf(quote, platform, anchors)
  checkPlatformInDate(platform, now)
  checkCollateralInDate(collateral, anchors, now)
  checkRevocation(platform, collateral)
  checkCollateralIsFor(platform, quote.body.kind, collateral)
  const vouchedKey = verifyQeReport(quote, platform, kept)
  const qe = matchQeIdentity(quote.qeReport, collateral.qeIdentity)
  verifyQuoteSignature(quote)
  const evaluation = evaluateTcb(quote.body, platform.pck, collateral.tcbInfo, qe)
  checkAttributes(quote.body)
  const { tcbInfo, qeIdentity } = collateral
  return {
    [verified]: true,
    quote,
    pck: platform.pck,
    fmspc: platform.pck.fmspc,
    ...evaluation,
    evaluationDataNumber: Math.min(tcbInfo.evaluationDataNumber, qeIdentity.evaluationDataNumber),
    rootFingerprint: sha256(platform.anchor.der),
    vouchedKey,
    ...freshness(platform, collateral, anchors, now)
  }
}

/** An authenticated platform is kept by others: it must be the one that this quote names, under an anchor that holds now. */
function checkPlatformIsOf(quote: TdxQuote, platform: AuthenticPlatform, anchors: TrustAnchors): void {
  if (platform.pckChainPem !== quote.pckChainPem) {
    throw new AttestationError('PCK_CHAIN_INVALID', 'the quote names another platform')
  }
  if (!anchors.intelSgxRoots.some((root) => sameBytes(root, platform.anchor.der))) {
    throw new AttestationError('ROOT_CA_UNTRUSTED', `${platform.anchor.subject.commonName} is not trusted`)
  }
}
