import { ServiceError } from '../runtime/errors.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'
import type { HostTable } from './host-table.ts'
import type { DirectoryChange } from './listed-host.ts'
import type { LiveHost } from './live-host.ts'

export interface DirectoryContext {
  readonly watch: (signal: AbortSignal) => AsyncIterable<DirectoryChange>
  readonly table: HostTable
  readonly timers: LinkTimers
  readonly logger: Logger
  /** Milliseconds that never run back. */
  readonly monotonic: () => number
  /** How long the last view counts after the directory was lost. */
  readonly graceMs: number
  /** How long a host may wait to be listed. */
  readonly listingWaitMs: number
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

/**
 * Follows the registry's directory. When the stream breaks it starts over with a snapshot; when that lasts longer than
 * the grace, the view no longer counts and the relay starts nothing new: a quarantine may have been missed.
 */
export class DirectoryWatch implements AsyncDisposable {
  readonly #context: DirectoryContext
  readonly #stop = new AbortController()
  readonly #waiting = new Map<string, Set<(host: LiveHost | undefined) => void>>()
  readonly #running: Promise<void>
  #live = false
  #lostAt = Number.NEGATIVE_INFINITY

  constructor(context: DirectoryContext) {
    this.#context = context
    this.#running = this.#run()
  }

  /** Whether the view counts. */
  get current(): boolean {
    return this.#live || this.#context.monotonic() - this.#lostAt < this.#context.graceMs
  }

  /** The host, if the directory lists it soon. */
  whenListed(digest: string): Promise<LiveHost | undefined> {
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(digest) ?? new Set()
      this.#waiting.set(digest, waiters)
      const settle = (host: LiveHost | undefined): void => {
        cancel()
        waiters.delete(settle)
        if (waiters.size === 0) this.#waiting.delete(digest)
        resolve(host)
      }
      const cancel = this.#context.timers.after(this.#context.listingWaitMs, () => settle(undefined))
      waiters.add(settle)
    })
  }

  /** For the table: somebody may wait for this host. */
  listed(host: LiveHost): void {
    for (const settle of [...(this.#waiting.get(host.digest) ?? [])]) settle(host)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { timers, monotonic } = this.#context
    let delay = FIRST_RETRY_MS
    while (!this.#stop.signal.aborted) {
      await this.#followOnce()
      if (this.#live) this.#lostAt = monotonic()
      delay = this.#live ? FIRST_RETRY_MS : Math.min(delay * 2, LAST_RETRY_MS)
      this.#live = false
      await pause(delay, timers, this.#stop.signal)
    }
  }

  async #followOnce(): Promise<void> {
    const { table, logger, watch } = this.#context
    const seen = new Set<string>()
    try {
      for await (const change of watch(this.#stop.signal)) {
        if (change.kind === 'listed') {
          seen.add(change.host.digest)
          table.list(change.host)
        } else if (change.kind === 'delisted') {
          seen.delete(change.digest)
          table.delist(change.digest, change.reason)
        } else if (!this.#live) {
          this.#endSnapshot(seen)
        }
      }
      throw new ServiceError('UNAVAILABLE', 'the directory ended its stream')
    } catch (error) {
      if (!this.#stop.signal.aborted) logger.warn('directory lost', {}, error)
    }
  }

  // What happened to a host in the meantime is not known: it is treated as lapsed.
  #endSnapshot(seen: ReadonlySet<string>): void {
    const { table, logger } = this.#context
    for (const host of [...table.hosts()]) if (!seen.has(host.digest)) table.delist(host.digest, 'lapsed')
    this.#live = true
    logger.info('directory read', { count: table.size })
  }
}

/** Cut short by the signal; never fails. */
export function pause(milliseconds: number, timers: LinkTimers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = timers.after(milliseconds, done)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}
