import { AttestationError } from '../../attestation/errors.ts'
import type { TdxCollateral } from '../../attestation/tdx/collateral.ts'
import type { ServiceContext } from '../runtime/context.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'
import { collateralNextUpdate } from './collateral-dates.ts'
import { type CollateralSource, familyName, type PlatformFamily } from './platform-family.ts'
import { afterFailure, afterSuccess, type RefreshConfig } from './refresh-times.ts'

interface Held {
  readonly collateral: TdxCollateral
  /** Unix milliseconds: the earliest nextUpdate. */
  readonly nextUpdate: number
}

interface Entry {
  readonly family: PlatformFamily
  held: Held | undefined
  failure: unknown
  failures: number
  /** Unix milliseconds: not asked for again before. */
  dueAt: number
  inFlight: Promise<Held> | undefined
}

/** Families at once; whoever may ask for an appraisal chooses them, so there must be a bound. */
const MAX_FAMILIES = 256

/**
 * Collateral by family. One fetch a family is under way at a time; what is held is given out while it is in date and
 * fetched again in the background ahead of that; a source that fails is left alone for a while, and what is held serves
 * on until it lapses.
 */
export class CollateralCache implements AsyncDisposable {
  readonly #source: CollateralSource
  readonly #refresh: RefreshConfig
  readonly #context: ServiceContext
  readonly #entries = new Map<string, Entry>()
  readonly #stopped = new AbortController()

  constructor(source: CollateralSource, refresh: RefreshConfig, context: ServiceContext) {
    this.#source = source
    this.#refresh = refresh
    this.#context = context
  }

  /**
   * What is held where it is in date, otherwise what the source gives now, in date or not: that is for appraisal to
   * say. Throws `NOT_FOUND` and `COLLATERAL_UNAVAILABLE`.
   */
  async get(family: PlatformFamily): Promise<TdxCollateral> {
    const entry = this.#entry(family)
    const { held } = entry
    const now = this.#now()
    if (held !== undefined && now < held.nextUpdate) {
      if (now >= entry.dueAt) this.#refreshInBackground(entry)
      return held.collateral
    }
    if (now >= entry.dueAt || entry.inFlight !== undefined) return (await this.#fetch(entry)).collateral
    if (held !== undefined && entry.failures === 0) return held.collateral
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
  #entry(family: PlatformFamily): Entry {
    const name = familyName(family)
    const known = this.#entries.get(name)
    const entry = known ?? { family, held: undefined, failure: undefined, failures: 0, dueAt: 0, inFlight: undefined }
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_FAMILIES && oldest !== undefined) this.#entries.delete(oldest)
    return entry
  }

  #refreshInBackground(entry: Entry): void {
    // A failure is in the log and in the entry.
    this.#fetch(entry).catch(() => {})
  }

  #fetch(entry: Entry): Promise<Held> {
    entry.inFlight ??= this.#fetchNow(entry).finally(() => {
      entry.inFlight = undefined
    })
    return entry.inFlight
  }

  async #fetchNow(entry: Entry): Promise<Held> {
    const name = familyName(entry.family)
    const { logger } = this.#context
    try {
      const held = await readable(() => this.#source(entry.family, this.#stopped.signal))
      entry.held = held
      entry.failures = 0
      entry.dueAt = afterSuccess(this.#refresh, held.nextUpdate, this.#now())
      logger.info('collateral fetched', { name, notAfter: new Date(held.nextUpdate).toISOString() })
      return held
    } catch (error) {
      entry.failures += 1
      entry.failure = error
      entry.dueAt = afterFailure(codeOf(error) === 'NOT_FOUND', entry.failures, this.#now())
      logger.warn('collateral not fetched', { name, attempt: entry.failures }, error)
      throw error
    }
  }

  #now(): number {
    return this.#context.now().getTime()
  }
}

// A document that cannot be read is the source's fault, not that of whoever sent evidence.
async function readable(fetchCollateral: () => Promise<TdxCollateral>): Promise<Held> {
  try {
    const collateral = await fetchCollateral()
    return { collateral, nextUpdate: collateralNextUpdate(collateral).getTime() }
  } catch (cause) {
    if (!(cause instanceof AttestationError)) throw cause
    throw new ServiceError('COLLATERAL_UNAVAILABLE', `collateral cannot be read: ${cause.message}`, { cause })
  }
}
