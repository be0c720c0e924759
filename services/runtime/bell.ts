import { setTimeout as delay } from 'node:timers/promises'

/** Wakes one loop that waits for work. */
export interface Bell {
  ring(): void
  /** Until it has rung since the last wait, or the time is over. */
  wait(limitMs: number, signal: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  let rung = false
  let wake = (): void => {}
  return {
    ring() {
      rung = true
      wake()
    },
    async wait(limitMs, signal) {
      const cut = new AbortController()
      wake = () => cut.abort()
      if (!rung) await delay(limitMs, undefined, { signal: AbortSignal.any([signal, cut.signal]) }).catch(() => {})
      rung = false
    }
  }
}
