/** Which request numbers a leg has spent: those up to the highest less `size` count as spent. Memory is a bit a place. */
export class ReplayWindow {
  readonly size: number
  readonly #spent: Uint32Array
  #highest = -1

  /** `size` is 64..65536 places. */
  constructor(size: number) {
    this.size = size
    this.#spent = new Uint32Array(Math.ceil(size / 32))
  }

  canSpend(n: number): boolean {
    if (n > this.#highest) return true
    return n > this.#highest - this.size && !this.#bit(n)
  }

  /** Spends n. A TypeError for an n that cannot be spent: whoever spends has asked in the same turn. */
  spend(n: number): void {
    if (!this.canSpend(n)) throw new TypeError(`request ${n} is spent`)
    if (n >= this.#highest + this.size) this.#spent.fill(0)
    else for (let skipped = this.#highest + 1; skipped < n; skipped++) this.#clear(skipped)
    this.#set(n)
    this.#highest = Math.max(this.#highest, n)
  }

  #bit(n: number): boolean {
    const place = n % this.size
    return ((this.#spent[place >>> 5] as number) & (1 << (place & 31))) !== 0
  }

  #set(n: number): void {
    const place = n % this.size
    this.#spent[place >>> 5] = (this.#spent[place >>> 5] as number) | (1 << (place & 31))
  }

  #clear(n: number): void {
    const place = n % this.size
    this.#spent[place >>> 5] = (this.#spent[place >>> 5] as number) & ~(1 << (place & 31))
  }
}
