import { AttestationError } from '../../attestation/errors.ts'
import type { ServiceContext } from '../runtime/context.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'
import { afterFailure, afterSuccess, type RefreshConfig } from './refresh-times.ts'

/** What is kept of a vendor's endorsements, and where it comes from. */
export interface CachedSource<Key, Value> {
  /** As the log calls what is fetched. */
  readonly what: string
  readonly name: (key: Key) => string
  /** Throws `NOT_FOUND`, `COLLATERAL_UNAVAILABLE`, or what the trust core has against what came. */
  readonly fetch: (key: Key, signal: AbortSignal) => Promise<Value>
  /** Until when it speaks, unix milliseconds. Throws for what cannot be read. */
  readonly freshUntil: (value: Value) => number
  /**
   * Whether the last good answer serves on when it has lapsed and no newer is to be had: for appraisal to say how long that
   * counts. Nobody waits for a newer one then.
   */
  readonly outlives: boolean
}

interface Held<Value> {
  readonly value: Value
  /** Unix milliseconds. */
  readonly freshUntil: number
}

interface Entry<Key, Value> {
  readonly key: Key
  held: Held<Value> | undefined
  failure: unknown
  failures: number
  /** Unix milliseconds: not asked for again before. */
  dueAt: number
  inFlight: Promise<Held<Value>> | undefined
}

/** Entries at once; whoever may ask for an appraisal chooses them, so there must be a bound. */
const MAX_ENTRIES = 256

/**
 * Endorsements by name. One fetch of a name is under way at a time; what is held is given out while it is fresh and
 * fetched again in the background ahead of that; a source that fails is left alone for a while, and what is held serves on
 * until it lapses, or for as long as its source says.
 */
export class EndorsementCache<Key, Value> implements AsyncDisposable {
  readonly #source: CachedSource<Key, Value>
  readonly #refresh: RefreshConfig
  readonly #context: ServiceContext
  readonly #mostEntries: number
  readonly #entries = new Map<string, Entry<Key, Value>>()
  readonly #stopped = new AbortController()

  constructor(
    source: CachedSource<Key, Value>,
    refresh: RefreshConfig,
    context: ServiceContext,
    mostEntries = MAX_ENTRIES
  ) {
    this.#source = source
    this.#refresh = refresh
    this.#context = context
    this.#mostEntries = mostEntries
  }

  /**
   * What is held where it is fresh, otherwise what the source gives now, fresh or not: that is for appraisal to say. Throws
   * `NOT_FOUND` and `COLLATERAL_UNAVAILABLE`.
   */
  async get(key: Key): Promise<Value> {
    const entry = this.#entry(key)
    const { held } = entry
    const now = this.#now()
    if (held !== undefined && (now < held.freshUntil || this.#source.outlives)) {
      if (now >= entry.dueAt) this.#refreshInBackground(entry)
      return held.value
    }
    if (now >= entry.dueAt || entry.inFlight !== undefined) return (await this.#fetch(entry)).value
    if (held !== undefined && entry.failures === 0) return held.value
    throw entry.failure
  }

  /** Fetches whatever is due, for a timer to call. */
  refreshDue(): void {
    const now = this.#now()
    for (const entry of this.#entries.values()) {
      if (entry.held !== undefined && now >= entry.dueAt) this.#refreshInBackground(entry)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new ServiceError('UNAVAILABLE', 'the verifier is stopping'))
    await Promise.allSettled([...this.#entries.values()].map(({ inFlight }) => inFlight))
  }

  // Most recently asked for last; the one that was not asked for the longest makes room.
  #entry(key: Key): Entry<Key, Value> {
    const name = this.#source.name(key)
    const known = this.#entries.get(name)
    const entry = known ?? { key, held: undefined, failure: undefined, failures: 0, dueAt: 0, inFlight: undefined }
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#mostEntries && oldest !== undefined) this.#entries.delete(oldest)
    return entry
  }

  #refreshInBackground(entry: Entry<Key, Value>): void {
    // A failure is in the log and in the entry.
    this.#fetch(entry).catch(() => {})
  }

  #fetch(entry: Entry<Key, Value>): Promise<Held<Value>> {
    entry.inFlight ??= this.#fetchNow(entry).finally(() => {
      entry.inFlight = undefined
    })
    return entry.inFlight
  }

  async #fetchNow(entry: Entry<Key, Value>): Promise<Held<Value>> {
    const name = this.#source.name(entry.key)
    const { logger } = this.#context
    try {
      const held = await this.#readable(entry.key)
      entry.held = held
      entry.failures = 0
      entry.dueAt = afterSuccess(this.#refresh, held.freshUntil, this.#now())
      logger.info(`${this.#source.what} fetched`, { name, notAfter: dateOf(held.freshUntil) })
      return held
    } catch (error) {
      entry.failures += 1
      entry.failure = error
      entry.dueAt = afterFailure(codeOf(error) === 'NOT_FOUND', entry.failures, this.#now())
      logger.warn(`${this.#source.what} not fetched`, { name, attempt: entry.failures }, error)
      throw error
    }
  }

  // What cannot be read is the source's fault, not that of whoever sent evidence.
  async #readable(key: Key): Promise<Held<Value>> {
    const { what, fetch, freshUntil } = this.#source
    try {
      const value = await fetch(key, this.#stopped.signal)
      return { value, freshUntil: freshUntil(value) }
    } catch (cause) {
      if (!(cause instanceof AttestationError)) throw cause
      throw new ServiceError('COLLATERAL_UNAVAILABLE', `${what} cannot be used: ${cause.message}`, { cause })
    }
  }

  #now(): number {
    return this.#context.now().getTime()
  }
}

/** What has no end of its own is told so by the largest date there is. */
function dateOf(unixMs: number): string {
  return Number.isFinite(unixMs) ? new Date(unixMs).toISOString() : 'open'
}
