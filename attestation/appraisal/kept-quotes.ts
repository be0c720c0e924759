import { sha256Hex } from '../crypto.ts'
import { encodeHex, encodeUtf8 } from '../encoding.ts'
import { tdxEndorsements } from '../endorsements.ts'
import { keepByDigest } from '../kept.ts'
import type { TrustAnchors } from '../tdx/anchors.ts'
import type { TdxCollateral } from '../tdx/collateral.ts'
import { checkPlatformInDate } from '../tdx/dates.ts'
import { type AuthenticCollateral, authenticateCollateral } from '../tdx/endorsements.ts'
import { type AuthenticPlatform, authenticatePlatform } from '../tdx/platform.ts'
import type { VouchedKey } from '../tdx/qe-report.ts'
import type { TdxQuote } from '../tdx/quote.ts'
import { type VerifiedTdxQuote, verifyEndorsedQuote } from '../tdx/verify.ts'

const keepPlatform = keepByDigest<AuthenticPlatform>(256)
const keepCollateral = keepByDigest<AuthenticCollateral>(64)
/** Of each platform the attestation key that its last quote was signed with. */
const vouchedKeys = new WeakMap<AuthenticPlatform, VouchedKey>()

/** `authenticatePlatform`, once for each platform. */
export function authenticateKeptPlatform(pckChainPem: string, anchors: TrustAnchors): AuthenticPlatform {
  const name = [...anchors.intelSgxRoots, encodeUtf8(pckChainPem)].map(sha256Hex).join()
  return keepPlatform(name, () => authenticatePlatform(pckChainPem, anchors))
}

/**
 * `verifyTdxQuote`, where a host attests again and again on one platform, under collateral that many share: what depends on
 * neither clock nor quote is authenticated once. Every date is asked again, and the checks keep their order.
 */
export function verifyKeptQuote(
  quote: TdxQuote,
  collateral: TdxCollateral,
  anchors: TrustAnchors,
  now: Date
): VerifiedTdxQuote {
  const roots = anchors.intelSgxRoots.map(sha256Hex).join()
  const platform = authenticateKeptPlatform(quote.pckChainPem, anchors)
  checkPlatformInDate(platform, now)
  const authentic = keepCollateral(`${roots} ${encodeHex(tdxEndorsements(collateral).digest)}`, () =>
    authenticateCollateral(collateral, anchors, [...platform.chain, platform.anchor])
  )
  const endorsements = { platform, collateral: authentic, vouchedKey: vouchedKeys.get(platform) }
  const verified = verifyEndorsedQuote(quote, endorsements, anchors, now)
  vouchedKeys.set(platform, verified.vouchedKey)
  return verified
}
