const MINUTE_MS = 60_000

/** So many a minute: a minute's worth may come at once, and comes back evenly. */
export class Allowance {
  /** 0: any number. */
  perMinute: number
  readonly #monotonic: () => number
  #used = 0
  #at: number

  /** `monotonic` in milliseconds. */
  constructor(monotonic: () => number, perMinute = 0) {
    this.#monotonic = monotonic
    this.perMinute = perMinute
    this.#at = monotonic()
  }

  get has(): boolean {
    if (this.perMinute === 0) return true
    this.#restore()
    return this.#used + 1 <= this.perMinute
  }

  take(): void {
    if (this.perMinute === 0) return
    this.#restore()
    this.#used++
  }

  #restore(): void {
    const now = this.#monotonic()
    this.#used = Math.max(0, this.#used - ((now - this.#at) * this.perMinute) / MINUTE_MS)
    this.#at = now
  }
}
