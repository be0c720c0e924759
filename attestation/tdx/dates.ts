import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import { checkValidity } from '../x509-chain.ts'
import type { TrustAnchors } from './anchors.ts'
import type { AuthenticCollateral } from './endorsements.ts'
import type { AuthenticPlatform } from './platform.ts'

/** How long what was verified may be relied on. */
export interface Freshness {
  /** The earliest nextUpdate, with the accepted excess, or certificate's notAfter. */
  readonly collateralNotAfter: Date
  /** Whether a nextUpdate has passed, within the accepted excess. */
  readonly collateralExpired: boolean
}

export function checkPlatformInDate(platform: AuthenticPlatform, now: Date): void {
  checkValidity(platform.chain, now, 'PCK_EXPIRED')
}

/**
 * Refuses collateral before its issue date or after its nextUpdate plus the excess that the anchors accept, and its
 * signers' certificates outside of their dates.
 */
export function checkCollateralInDate(collateral: AuthenticCollateral, anchors: TrustAnchors, now: Date): void {
  const { tcbInfo, qeIdentity, pckCrl, rootCaCrl } = collateral
  const excess = acceptedExcess(anchors)
  const window = (what: string, from: Date, to: Date, code: AttestationErrorCode) => {
    if (now < from) throw new AttestationError(code, `${what} was issued later, ${from.toISOString()}`)
    if (now.getTime() > to.getTime() + excess) {
      throw new AttestationError(code, `${what} should have been updated by ${to.toISOString()}`)
    }
  }
  window('TCB info', tcbInfo.issueDate, tcbInfo.nextUpdate, 'TCB_INFO_EXPIRED')
  window('QE identity', qeIdentity.issueDate, qeIdentity.nextUpdate, 'QE_IDENTITY_EXPIRED')
  window('PCK CRL', pckCrl.thisUpdate, pckCrl.nextUpdate, 'PCK_CRL_EXPIRED')
  window('root CA CRL', rootCaCrl.thisUpdate, rootCaCrl.nextUpdate, 'ROOT_CRL_EXPIRED')
  for (const chain of collateral.signingChains) checkValidity(chain, now, 'TCB_INFO_CHAIN_INVALID')
  checkValidity(collateral.pckCrlChain, now, 'PCK_CRL_INVALID')
}

export function freshness(
  platform: AuthenticPlatform,
  collateral: AuthenticCollateral,
  anchors: TrustAnchors,
  now: Date
): Freshness {
  const nextUpdate = earliestNextUpdate(collateral)
  const certificates = [...platform.chain, ...collateral.signingChains.flat(), ...collateral.pckCrlChain]
  const ends = [
    nextUpdate.getTime() + acceptedExcess(anchors),
    ...certificates.map(({ notAfter }) => notAfter.getTime())
  ]
  return { collateralNotAfter: new Date(Math.min(...ends)), collateralExpired: now > nextUpdate }
}

/** When any part of the collateral wants to be fetched again. */
export function earliestNextUpdate({ tcbInfo, qeIdentity, pckCrl, rootCaCrl }: AuthenticCollateral): Date {
  return new Date(Math.min(...[tcbInfo, qeIdentity, pckCrl, rootCaCrl].map(({ nextUpdate }) => nextUpdate.getTime())))
}

function acceptedExcess({ dangerouslyAcceptCollateralSecondsPastNextUpdate: seconds }: TrustAnchors): number {
  if (!Number.isFinite(seconds) || seconds < 0) throw new TypeError(`${seconds} is no number of seconds`)
  return seconds * 1000
}
