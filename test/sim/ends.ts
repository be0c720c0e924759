/** What ends when: a binary heap by time. */
export class Ends<T> {
  readonly #heap: { readonly at: number; readonly value: T }[] = []

  add(at: number, value: T): void {
    const heap = this.#heap
    let index = heap.push({ at, value }) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#at(parent) <= this.#at(index)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  /** The first that ends by `limit`, removed; undefined when there is none. */
  takeUntil(limit: number): { readonly at: number; readonly value: T } | undefined {
    const [first] = this.#heap
    if (first === undefined || first.at > limit) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #sink(): void {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (this.#at(smaller) >= this.#at(index)) return
      this.#swap(index, smaller)
      index = smaller
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return
    this.#heap[a] = second
    this.#heap[b] = first
  }
}
