/** One relay's part of the host's slots. */
export interface SlotShare {
  readonly total: number
  readonly free: number
}

/** A relay that shares the slots. */
export interface SlotHolder {
  /** Takes a slot for a request; false when this relay has none left. */
  take(): boolean
  release(): void
  readonly share: SlotShare
  /** Gives its part to the others. Slots in use stay in use until they are released. */
  leave(): void
}

interface Holder {
  total: number
  used: number
  readonly announce: (share: SlotShare) => void
}

/**
 * Divides the host's slots among its relays: as equal as they go, and all that run together never more than there are.
 * Every relay is told its own share, absolute, at the end of the turn that changed it.
 */
export class SlotTable {
  readonly #slots: number
  readonly #closed: () => boolean
  readonly #holders = new Set<Holder>()
  #used = 0
  #scheduled = false

  /** While `closed`, no relay has a free slot. */
  constructor(slots: number, closed: () => boolean) {
    this.#slots = slots
    this.#closed = closed
  }

  get used(): number {
    return this.#used
  }

  join(announce: (share: SlotShare) => void): SlotHolder {
    const holder: Holder = { total: 0, used: 0, announce }
    this.#holders.add(holder)
    this.#divide()
    const slots = this
    return {
      take: () => this.#take(holder),
      release: () => this.#release(holder),
      get share(): SlotShare {
        return slots.#shareOf(holder)
      },
      leave: () => {
        this.#holders.delete(holder)
        this.#divide()
      }
    }
  }

  /** Tells every relay its share again at the end of this turn. */
  announce(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      for (const holder of this.#holders) holder.announce(this.#shareOf(holder))
    })
  }

  #take(holder: Holder): boolean {
    if (this.#shareOf(holder).free === 0) return false
    holder.used++
    this.#used++
    this.announce()
    return true
  }

  #release(holder: Holder): void {
    holder.used--
    this.#used--
    this.announce()
  }

  #shareOf(holder: Holder): SlotShare {
    if (this.#closed()) return { total: holder.total, free: 0 }
    const free = Math.min(holder.total - holder.used, this.#slots - this.#used)
    return { total: holder.total, free: Math.max(0, free) }
  }

  #divide(): void {
    const share = Math.floor(this.#slots / Math.max(1, this.#holders.size))
    let rest = this.#slots - share * this.#holders.size
    for (const holder of this.#holders) holder.total = share + (rest-- > 0 ? 1 : 0)
    this.announce()
  }
}
