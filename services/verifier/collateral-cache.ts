import type { TdxCollateral } from '../../attestation/tdx/collateral.ts'
import { parseQeIdentity } from '../../attestation/tdx/qe-identity.ts'
import { parseTcbInfo } from '../../attestation/tdx/tcb-info.ts'
import { parseCrl } from '../../attestation/x509.ts'
import type { ServiceContext } from '../runtime/context.ts'
import { EndorsementCache } from './endorsement-cache.ts'
import { type CollateralSource, familyName, type PlatformFamily } from './platform-family.ts'
import type { RefreshConfig } from './refresh-times.ts'

export type CollateralCache = EndorsementCache<PlatformFamily, TdxCollateral>

/** Intel's collateral by family. What has lapsed is never given out in an outage: all of it has a nextUpdate to keep to. */
export function collateralCache(
  fetch: CollateralSource,
  refresh: RefreshConfig,
  context: ServiceContext
): CollateralCache {
  const freshUntil = (collateral: TdxCollateral): number => collateralNextUpdate(collateral).getTime()
  const source = { what: 'collateral', name: familyName, fetch, freshUntil, outlives: false }
  return new EndorsementCache(source, refresh, context)
}

/**
 * The earliest `nextUpdate` of the four documents: from then on one of them counts no more. Unverified, and fit for
 * deciding when to fetch again, no more. Throws for a document that cannot be read.
 */
function collateralNextUpdate({ tcbInfo, qeIdentity, pckCrl, rootCaCrl }: TdxCollateral): Date {
  const dates = [
    parseTcbInfo(tcbInfo).nextUpdate,
    parseQeIdentity(qeIdentity).nextUpdate,
    parseCrl(pckCrl).nextUpdate,
    parseCrl(rootCaCrl).nextUpdate
  ]
  return new Date(Math.min(...dates.map((date) => date.getTime())))
}
