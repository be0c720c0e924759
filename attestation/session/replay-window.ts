export const MIN_REPLAY_WINDOW = 64
export const MAX_REPLAY_WINDOW = 65_536
export const DEFAULT_REPLAY_WINDOW = 16_384

/** Which request numbers a leg has spent: those up to the highest less `size` count as spent. Memory is a bit a place. */
export class ReplayWindow {
  readonly size: number
  readonly #spent: Uint32Array
  #highest = -1

  constructor(size: number) {
    this.size = size
    this.#spent = new Uint32Array(Math.ceil(size / 32))
  }

  canSpend(n: number): boolean {
    if (n > this.#highest) return true
    return n > this.#highest - this.size && !this.#isSpent(n)
  }

  /** Spends n. A TypeError for an n that cannot be spent: whoever spends has asked in the same turn. */
  spend(n: number): void {
    if (!this.canSpend(n)) throw new TypeError(`request ${n} is spent`)
    if (n >= this.#highest + this.size) this.#spent.fill(0)
    else for (let skipped = this.#highest + 1; skipped < n; skipped++) this.#mark(skipped, false)
    this.#mark(n, true)
    this.#highest = Math.max(this.#highest, n)
  }

  #isSpent(n: number): boolean {
    const place = n % this.size
    return (this.#word(place) & (1 << (place & 31))) !== 0
  }

  #mark(n: number, spent: boolean): void {
    const place = n % this.size
    const bit = 1 << (place & 31)
    this.#spent[place >>> 5] = spent ? this.#word(place) | bit : this.#word(place) & ~bit
  }

  #word(place: number): number {
    return this.#spent[place >>> 5] as number
  }
}
