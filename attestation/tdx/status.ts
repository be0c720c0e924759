/** A TCB status as Intel's TCB info names it, the two that relaunching a TD would mend, and no level met at all. */
export type TcbStatus =
  | 'UpToDate'
  | 'SWHardeningNeeded'
  | 'ConfigurationNeeded'
  | 'ConfigurationAndSWHardeningNeeded'
  | 'OutOfDate'
  | 'OutOfDateConfigurationNeeded'
  | 'TDRelaunchAdvised'
  | 'TDRelaunchAdvisedConfigurationNeeded'
  | 'NotSupported'
  | 'Revoked'

/** What a TCB level of a signed document can say. */
export type LevelStatus = Exclude<
  TcbStatus,
  'TDRelaunchAdvised' | 'TDRelaunchAdvisedConfigurationNeeded' | 'NotSupported'
>

/** The level of a signed document that a component meets; without one the status is NotSupported. */
export type MatchedLevel =
  | { readonly status: LevelStatus; readonly tcbDate: Date; readonly advisories: readonly string[] }
  | { readonly status: 'NotSupported'; readonly tcbDate: undefined; readonly advisories: readonly [] }

export const NO_LEVEL: MatchedLevel = { status: 'NotSupported', tcbDate: undefined, advisories: [] }

/** What an out-of-date QE or TDX module makes of the platform's status. */
const OUT_OF_DATE: Readonly<Record<TcbStatus, TcbStatus>> = {
  UpToDate: 'OutOfDate',
  SWHardeningNeeded: 'OutOfDate',
  ConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  ConfigurationAndSWHardeningNeeded: 'OutOfDateConfigurationNeeded',
  OutOfDate: 'OutOfDate',
  OutOfDateConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  TDRelaunchAdvised: 'OutOfDate',
  TDRelaunchAdvisedConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  NotSupported: 'NotSupported',
  Revoked: 'Revoked'
}

/** Statuses that say that the machine's configuration must change too. */
export const CONFIGURATION_NEEDED: ReadonlySet<TcbStatus> = new Set([
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDateConfigurationNeeded',
  'TDRelaunchAdvisedConfigurationNeeded'
] as const)

/** Merges a component (TDX module, QE) into the status so far. NotSupported and Revoked are final, in this order. */
export function mergeStatus(status: TcbStatus, component: TcbStatus): TcbStatus {
  if (status === 'NotSupported' || component === 'NotSupported') return 'NotSupported'
  if (status === 'Revoked' || component === 'Revoked') return 'Revoked'
  return component === 'UpToDate' ? status : OUT_OF_DATE[status]
}
