import type { LinkTimers } from '../../services/runtime/link/timers.ts'

interface Alarm {
  at: number
  readonly every: number | undefined
  readonly run: () => void
}

/** Time that stands still until a test moves it. */
export class ManualTimers implements LinkTimers {
  now = 0
  #soon: (() => void)[] = []
  readonly #alarms = new Set<Alarm>()

  soon(run: () => void): void {
    this.#soon.push(run)
  }

  after(milliseconds: number, run: () => void): () => void {
    return this.#set({ at: this.now + milliseconds, every: undefined, run })
  }

  every(milliseconds: number, run: () => void): () => void {
    return this.#set({ at: this.now + milliseconds, every: milliseconds, run })
  }

  /** Whether a turn has something to do. */
  get idle(): boolean {
    return this.#soon.length === 0
  }

  /** Ends the turn of the event loop. */
  endTurn(): void {
    const soon = this.#soon
    this.#soon = []
    for (const run of soon) run()
  }

  /** Moves time, alarm by alarm. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds
    for (;;) {
      const next = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.now = next.at
      if (next.every === undefined) this.#alarms.delete(next)
      else next.at += next.every
      next.run()
      this.endTurn()
    }
    this.now = end
  }

  #set(alarm: Alarm): () => void {
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }
}
