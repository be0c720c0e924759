import { decodeHex, encodeHex } from '../../attestation/encoding.ts'
import type { Logger } from '../runtime/log.ts'
import { EventQueue } from './event-queue.ts'
import type { DirectoryEvent, Host } from './host.ts'
import { LogWaiters } from './log-waiters.ts'
import { planEvents, stateOf } from './plan.ts'
import type { RegistryStore } from './store.ts'

export interface DirectoryContext {
  readonly store: RegistryStore
  readonly now: () => Date
  readonly logger: Logger
}

const RETRY_MS = 500
/** Also the longest wait of a timer here, so that a clock that is set is noticed. */
const LONGEST_WAIT_MS = 60_000

/**
 * What this replica's watchers know: the listed hosts. It follows the database's notifications, whichever replica made
 * the change, and ends each listing with its verdict by a timer of its own.
 */
export class Directory implements AsyncDisposable {
  readonly #context: DirectoryContext
  readonly #listed = new Map<string, Host>()
  readonly #watchers = new Set<EventQueue>()
  readonly #waiters = new LogWaiters()
  #subscription: AsyncDisposable | undefined
  #work: Promise<void> = Promise.resolve()
  #lapse: NodeJS.Timeout | undefined
  #stopped = false

  private constructor(context: DirectoryContext) {
    this.#context = context
  }

  /** Resolves when all that is listed has been read. */
  static async start(context: DirectoryContext): Promise<Directory> {
    const directory = new Directory(context)
    directory.#subscription = await context.store.watchHosts((id) => directory.#enqueue(id))
    await directory.#work
    return directory
  }

  get size(): number {
    return this.#listed.size
  }

  /** A snapshot, its end, then every change until `signal` is aborted. Throws UNAVAILABLE when the directory closes. */
  async *watch(signal: AbortSignal): AsyncGenerator<DirectoryEvent, void> {
    const queue = new EventQueue()
    const now = this.#context.now()
    const snapshot = [...this.#listed.values()].filter((host) => stateOf(host, now) === 'listed')
    this.#watchers.add(queue)
    try {
      for (const host of snapshot) yield { kind: 'listed', host }
      yield { kind: 'snapshotEnd' }
      yield* queue.read(signal)
    } finally {
      this.#watchers.delete(queue)
    }
  }

  /**
   * Where the log has the host's attestation, whichever replica was told. UNAVAILABLE when it does not say in `limitMs`, or when
   * other evidence has come instead.
   */
  whenLogged(host: Host, limitMs: number): Promise<bigint> {
    const id = encodeHex(host.id)
    const index = this.#waiters.wait(id, host, limitMs)
    // It may have been told between the change and now.
    this.#enqueue(id)
    return index
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#lapse)
    for (const watcher of this.#watchers) watcher.close('the directory is stopping')
    await this.#subscription?.[Symbol.asyncDispose]()
    await this.#work
  }

  // One change after the other: two reads of a host at once could be told in the wrong order.
  #enqueue(id: string | undefined): void {
    this.#work = this.#work.then(() => this.#readUntilDone(id))
  }

  async #readUntilDone(id: string | undefined): Promise<void> {
    while (!this.#stopped) {
      try {
        await (id === undefined ? this.#readAll() : this.#readOne(id))
        return
      } catch (error) {
        this.#context.logger.error('directory cannot be read', {}, error)
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async #readOne(id: string): Promise<void> {
    const host = await this.#context.store.findHost({ id: decodeHex(id, 16) })
    if (host !== undefined) this.#apply(id, host)
    this.#scheduleLapse()
  }

  async #readAll(): Promise<void> {
    for (const host of await this.#context.store.listHosts()) this.#apply(encodeHex(host.id), host)
    this.#scheduleLapse()
  }

  #apply(id: string, host: Host): void {
    const now = this.#context.now()
    const events = planEvents(this.#listed.get(id), host, now)
    const state = stateOf(host, now)
    if (state === 'listed') this.#listed.set(id, host)
    else if (state !== 'pending') this.#listed.delete(id)
    this.#waiters.settle(id, host)
    for (const watcher of this.#watchers) watcher.push(events)
  }

  #scheduleLapse(): void {
    clearTimeout(this.#lapse)
    if (this.#stopped || this.#listed.size === 0) return
    let next = Number.POSITIVE_INFINITY
    for (const { evidence } of this.#listed.values()) next = Math.min(next, evidence.verdict.notAfter.getTime())
    const wait = next - this.#context.now().getTime()
    this.#lapse = setTimeout(() => this.#endLapsed(), Math.min(Math.max(wait, 0), LONGEST_WAIT_MS))
  }

  #endLapsed(): void {
    for (const [id, host] of [...this.#listed]) {
      if (stateOf(host, this.#context.now()) === 'lapsed') this.#apply(id, host)
    }
    this.#scheduleLapse()
  }
}
