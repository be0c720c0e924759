/** Where a process reads its clocks; both in milliseconds. */
export interface ClockSources {
  readonly wall: () => number
  readonly monotonic: () => number
}

/**
 * Unix seconds that never run behind the monotonic clock: a wall clock set forward shortens what is measured by it, one
 * set back lengthens nothing. A guest's wall clock is its owner's.
 */
export function createSessionClock(sources: ClockSources): () => number {
  let ahead = sources.wall() - sources.monotonic()
  return () => {
    const monotonic = sources.monotonic()
    ahead = Math.max(ahead, sources.wall() - monotonic)
    return Math.floor((monotonic + ahead) / 1000)
  }
}
