import type { Td15Body } from './body.ts'
import { CONFIGURATION_NEEDED, type MatchedLevel, type TcbStatus } from './status.ts'
import { findModuleIdentity, type TcbInfo } from './tcb-info.ts'

/** What was found of a platform before relaunching is considered. */
export interface BeforeRelaunch {
  /** The level that the SGX components and PCESVN alone meet. */
  readonly sgx: MatchedLevel
  /** Platform and module merged. */
  readonly merged: TcbStatus
  readonly module: MatchedLevel | undefined
  readonly qe: MatchedLevel
}

const SGX_IN_DATE: ReadonlySet<TcbStatus> = new Set([
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded'
] as const)
const OUT_OF_DATE: ReadonlySet<TcbStatus> = new Set(['OutOfDate', 'OutOfDateConfigurationNeeded'] as const)

/**
 * Intel's TDRelaunchAdvised (4.1.2.4.17.4.3): the TD started on an out-of-date module, but what runs now
 * (TEE_TCB_SVN_2) is the latest, so launching it again mends it.
 */
export function adviseRelaunch(body: Td15Body, tcbInfo: TcbInfo, found: BeforeRelaunch): TcbStatus {
  const { sgx, merged, module, qe } = found
  const isQeInDate = qe.status !== 'NotSupported' && qe.status !== 'Revoked' && !OUT_OF_DATE.has(qe.status)
  const isCandidate =
    isQeInDate && SGX_IN_DATE.has(sgx.status) && OUT_OF_DATE.has(merged) && module?.status === 'OutOfDate'
  if (!isCandidate || !isLatestNow(body, tcbInfo)) return merged
  const isConfigurationNeeded = CONFIGURATION_NEEDED.has(sgx.status) || CONFIGURATION_NEEDED.has(merged)
  return isConfigurationNeeded ? 'TDRelaunchAdvisedConfigurationNeeded' : 'TDRelaunchAdvised'
}

function isLatestNow({ teeTcbSvn2 }: Td15Body, tcbInfo: TcbInfo): boolean {
  const [moduleSvn = 0, version = 0, microcodeSvn = 0] = teeTcbSvn2
  const latest = tcbInfo.tcbLevels[0]?.tdxTcbComponents
  const latestModuleSvn = version === 0 ? latest?.[0] : findModuleIdentity(version, tcbInfo).tcbLevels[0]?.isvSvn
  const latestMicrocodeSvn = latest?.[2]
  if (latestModuleSvn === undefined || latestMicrocodeSvn === undefined) return false
  return moduleSvn >= latestModuleSvn && microcodeSvn >= latestMicrocodeSvn
}
