import type { LinkTimers } from './timers.ts'

const PING_INTERVAL_MS = 15_000
const SILENCE_LIMIT_MS = 45_000
const TICK_MS = 5_000

export interface HeartbeatEvents {
  ping(): void
  /** Nothing was heard for SILENCE_LIMIT_MS. */
  dead(): void
}

/** Counts ticks rather than reading a clock: a batch that arrives then costs one assignment. */
export class Heartbeat {
  readonly stop: () => void
  #silence = 0
  #sincePing = 0

  constructor(timers: LinkTimers, events: HeartbeatEvents) {
    this.stop = timers.every(TICK_MS, () => this.#tick(events))
  }

  heard(): void {
    this.#silence = 0
  }

  #tick(events: HeartbeatEvents): void {
    this.#silence += TICK_MS
    this.#sincePing += TICK_MS
    if (this.#silence >= SILENCE_LIMIT_MS) {
      events.dead()
    } else if (this.#sincePing >= PING_INTERVAL_MS) {
      this.#sincePing = 0
      events.ping()
    }
  }
}
