import type { TdxCollateral } from '../../attestation/tdx/collateral.ts'
import { parseQeIdentity } from '../../attestation/tdx/qe-identity.ts'
import { parseTcbInfo } from '../../attestation/tdx/tcb-info.ts'
import { parseCrl } from '../../attestation/x509.ts'

/**
 * The earliest `nextUpdate` of the four documents: from then on one of them counts no more. Unverified, and fit for
 * deciding when to fetch again, no more. Throws for a document that cannot be read.
 */
export function collateralNextUpdate({ tcbInfo, qeIdentity, pckCrl, rootCaCrl }: TdxCollateral): Date {
  const dates = [
    parseTcbInfo(tcbInfo).nextUpdate,
    parseQeIdentity(qeIdentity).nextUpdate,
    parseCrl(pckCrl).nextUpdate,
    parseCrl(rootCaCrl).nextUpdate
  ]
  return new Date(Math.min(...dates.map((date) => date.getTime())))
}
