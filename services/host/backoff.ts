import { setTimeout as sleep } from 'node:timers/promises'

/** Waits that grow from one failure to the next, with jitter so that many hosts do not come back at once. */
export interface Backoff {
  readonly firstMs: number
  readonly mostMs: number
}

/** The wait after failure number `attempt` (from 0); `random` is in 0..1. */
export function backoffDelay({ firstMs, mostMs }: Backoff, attempt: number, random: number): number {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(full * (0.5 + random / 2))
}

/** Ends early, without an error, when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
