/** Clocks of registry, log and chain differ. */
export const CLOCK_SKEW_SECONDS = 120

/** A time that somebody put to a head of the log. */
export interface TimedHead {
  readonly size: bigint
  /** Unix seconds. */
  readonly at: number
  /** Whose time it is: the log's own word, or a block's. */
  readonly by: 'log' | 'chain'
  /** For people. */
  readonly what: string
}

/** Between which heads a leaf came into the log, as far as known; `notBefore` did not have it, `notAfter` had it. */
export interface TimeBounds {
  readonly notBefore: TimedHead | undefined
  readonly notAfter: TimedHead | undefined
  /** The earliest that had it by the chain's time: what nobody can date back. */
  readonly anchored: TimedHead | undefined
}

/**
 * For a leaf's index the latest time at which a head did not have it yet, and the earliest at which one had it. `heads`
 * of one size may be several.
 */
export function createTimeline(heads: readonly TimedHead[]): (index: bigint) => TimeBounds {
  const sorted = sortHeads(heads)
  const chained = sorted.filter(({ by }) => by === 'chain')
  const latest = runningBest(sorted, (best, next) => next.at > best.at)
  const [earliest, earliestChained] = [earliestFrom(sorted), earliestFrom(chained)]
  return (index) => {
    const split = firstLarger(sorted, index)
    const anchored = earliestChained[firstLarger(chained, index)]
    return { notBefore: latest[split - 1], notAfter: earliest[split], anchored }
  }
}

function sortHeads(heads: readonly TimedHead[]): readonly TimedHead[] {
  return heads.toSorted((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : a.at - b.at))
}

/** At each place the earliest from there on. */
function earliestFrom(sorted: readonly TimedHead[]): readonly TimedHead[] {
  return runningBest(sorted.toReversed(), (best, next) => next.at < best.at).toReversed()
}

function runningBest(heads: readonly TimedHead[], isBetter: (best: TimedHead, next: TimedHead) => boolean) {
  const best: TimedHead[] = []
  for (const head of heads) {
    const before = best.at(-1)
    best.push(before === undefined || isBetter(before, head) ? head : before)
  }
  return best
}

/** The place of the first head with more than `index` leaves, which so has the leaf. */
function firstLarger(sorted: readonly TimedHead[], index: bigint): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.size ?? 0n) > index) high = middle
    else low = middle + 1
  }
  return low
}
