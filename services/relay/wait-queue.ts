/** What the queue needs to know of a host. */
export interface QueuedHost {
  /** Slots that may be filled now. */
  readonly free: number
  readonly linked: boolean
  /** Delisted: it takes nothing new. */
  readonly leaving: boolean
}

/** A request that found all its legs full. */
export interface Waiting<Host extends QueuedHost> {
  /** Whom its turn is counted for. */
  readonly tenant: string
  readonly hosts: readonly Host[]
  /** Unix seconds. */
  readonly deadline: number
  /** Milliseconds of the monotonic clock after which it waits no more. */
  readonly giveUpAt: number
  start(host: Host): void
  giveUp(code: 'NO_CAPACITY' | 'HOST_LOST' | 'DEADLINE_PASSED'): void
}

export interface QueueLimits {
  readonly total: number
  readonly perTenant: number
}

/** First come, first served within a tenant; tenants take turns. */
export class WaitQueue<Host extends QueuedHost> {
  readonly #limits: QueueLimits
  readonly #waiting = new Set<Waiting<Host>>()
  readonly #tenants = new Map<string, number>()
  readonly #byHost = new Map<Host, Map<string, Waiting<Host>[]>>()

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#waiting.size
  }

  /** False: the queue, or the tenant's share of it, is full. */
  add(entry: Waiting<Host>): boolean {
    const own = this.#tenants.get(entry.tenant) ?? 0
    if (this.#waiting.size >= this.#limits.total || own >= this.#limits.perTenant) return false
    this.#waiting.add(entry)
    this.#tenants.set(entry.tenant, own + 1)
    for (const host of entry.hosts) this.#lineOf(host, entry.tenant).push(entry)
    return true
  }

  /** Over, started or cancelled. */
  remove(entry: Waiting<Host>): void {
    if (!this.#waiting.delete(entry)) return
    const own = (this.#tenants.get(entry.tenant) ?? 1) - 1
    if (own === 0) this.#tenants.delete(entry.tenant)
    else this.#tenants.set(entry.tenant, own)
    for (const host of entry.hosts) this.#leaveLine(host, entry)
  }

  /** Starts what waits for this host while it has free slots. */
  serve(host: Host): void {
    while (host.free > 0) {
      const entry = this.#next(host)
      if (entry === undefined) return
      this.remove(entry)
      entry.start(host)
    }
  }

  /** A host that is gone: who waits for it alone need not wait. */
  abandon(host: Host): void {
    const lines = this.#byHost.get(host)
    if (lines === undefined) return
    for (const entry of [...lines.values()].flat()) {
      if (entry.hosts.some((other) => other !== host && other.linked && !other.leaving)) continue
      this.remove(entry)
      entry.giveUp('HOST_LOST')
    }
  }

  /** Ends the wait of those whose deadline or patience is over. */
  expire(nowSeconds: number, monotonicMs: number): void {
    for (const entry of this.#waiting) {
      const late = nowSeconds >= entry.deadline
      if (!late && monotonicMs < entry.giveUpAt) continue
      this.remove(entry)
      entry.giveUp(late ? 'DEADLINE_PASSED' : 'NO_CAPACITY')
    }
  }

  // Whoever had a turn goes to the end: a map keeps the order in which its keys were set.
  #next(host: Host): Waiting<Host> | undefined {
    const lines = this.#byHost.get(host)
    const turn = lines?.entries().next()
    if (lines === undefined || turn === undefined || turn.done === true) return undefined
    const [tenant, line] = turn.value
    lines.delete(tenant)
    lines.set(tenant, line)
    return line[0]
  }

  #lineOf(host: Host, tenant: string): Waiting<Host>[] {
    const lines = this.#byHost.get(host) ?? new Map<string, Waiting<Host>[]>()
    this.#byHost.set(host, lines)
    const line = lines.get(tenant) ?? []
    lines.set(tenant, line)
    return line
  }

  #leaveLine(host: Host, entry: Waiting<Host>): void {
    const lines = this.#byHost.get(host)
    const line = lines?.get(entry.tenant)
    const at = line?.indexOf(entry) ?? -1
    if (lines === undefined || line === undefined || at < 0) return
    line.splice(at, 1)
    if (line.length > 0) return
    lines.delete(entry.tenant)
    if (lines.size === 0) this.#byHost.delete(host)
  }
}
