export interface RefreshConfig {
  /** How long before its nextUpdate collateral is fetched again, in milliseconds. */
  readonly aheadMs: number
  /** How old collateral may get before it is looked at again: revocations come out before nextUpdate. */
  readonly everyMs: number
}

const MIN_INTERVAL_MS = 60_000
const FIRST_RETRY_MS = 5_000
const MAX_RETRY_MS = 10 * 60_000

/** When to fetch again what was fetched now; never sooner than in a minute, even of a source that serves lapsed. */
export function afterSuccess({ aheadMs, everyMs }: RefreshConfig, nextUpdate: number, now: number): number {
  return Math.max(Math.min(now + everyMs, nextUpdate - aheadMs), now + MIN_INTERVAL_MS)
}

/** When to try again: at once is no use for what does not exist, soon and then ever later for an outage. */
export function afterFailure(isUnknown: boolean, failures: number, now: number): number {
  return now + (isUnknown ? MAX_RETRY_MS : Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS))
}
