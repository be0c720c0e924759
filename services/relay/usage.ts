import { encodeHex } from '../../attestation/encoding.ts'
import { type BombyxErrorCode, codeOf, kindOf } from '../runtime/errors.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'

/** A signed statement and the keyset whose receipt key signed it. */
export interface DeliveredStatement {
  readonly statement: Uint8Array
  readonly keyset: Uint8Array
  /** Of the API key whose session it is of, 16 bytes; empty where none is known. */
  readonly keyId: Uint8Array
}

/** What the market answers. */
export interface StoredUsage {
  /** How far each epoch (hex) is stored without a gap. */
  readonly progress: ReadonlyMap<string, number>
  /** By index. */
  readonly refused: readonly { readonly index: number; readonly code: string }[]
}

export interface UsageContext {
  readonly store: (statements: readonly DeliveredStatement[]) => Promise<StoredUsage>
  readonly timers: LinkTimers
  readonly logger: Logger
}

/** Whose link a statement came by. */
export interface UsageSource {
  /** Given by the registry. */
  readonly hostId: string
  readonly keyset: { readonly bytes: Uint8Array; readonly epoch: Uint8Array }
  /** Undefined: whose the session is nobody here knows. */
  readonly keyId?: Uint8Array | undefined
}

/** What became of a statement; `dropped`: the market has not said, and is not asked again. */
export type UsageWord = 'stored' | 'refused' | 'dropped'

interface Waiting extends DeliveredStatement {
  readonly hostId: string
  readonly epoch: string
  readonly acknowledge: (seq: number) => void
  readonly tell: (word: UsageWord) => void
}

const NO_KEY = new Uint8Array(0)
const BATCH = 256
/** With the largest keyset beside each statement a batch must still be one message. */
const BATCH_BYTES = 2 * 1024 * 1024
/** So long a statement waits for others: a delivery costs the market as much as storing twenty. */
const GATHER_MS = 50
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5_000
/** Beyond, statements are left to the host, which sends again what nobody acknowledged. */
const MOST_WAITING = 8_192
/** As many as an honest host keeps unacknowledged. */
const MOST_OF_HOST = 1_024
/** Its place holds the same figures under another keyset of its guest: a statement proves itself before its place is looked at. */
const SIGNED_ANEW = 'USAGE_CONFLICT'
/** The market says these of the relay, not of what it brings. */
const OF_THE_RELAY: ReadonlySet<BombyxErrorCode> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'UNIMPLEMENTED'])

/**
 * Carries usage statements to the market and acknowledgements back. It checks none of them: they are signed, and the
 * market does. While the market is away it is offered the same again. A batch that it fails on is halved until the
 * statement that it cannot store is alone, which is dropped: its host has it still, unacknowledged.
 */
export class UsageForwarder implements Disposable {
  readonly #context: UsageContext
  readonly #waiting: Waiting[] = []
  readonly #ofHost = new Map<string, number>()
  #scheduled = false
  #stopped = false
  #retryMs = FIRST_RETRY_MS
  /** Of the next batch. */
  #most = BATCH
  /** How many of those that wait, from the oldest, the market has been offered and has not answered. */
  #offered = 0

  constructor(context: UsageContext) {
    this.#context = context
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * `acknowledge` is told how far the epoch is stored: the same one, once for all of a delivery. A host has a share of what may wait: when
   * all of it is taken, the newest of the host with most makes room. `tell` is told once what became of this statement.
   */
  add(
    { hostId, keyset, keyId }: UsageSource,
    statement: Uint8Array,
    acknowledge: (seq: number) => void,
    tell: (word: UsageWord) => void = () => {}
  ): void {
    const own = this.#ofHost.get(hostId) ?? 0
    if (own >= MOST_OF_HOST || (this.#waiting.length >= MOST_WAITING && !this.#makeRoom(own))) {
      tell('dropped')
      return
    }
    this.#count(hostId, 1)
    this.#waiting.push({
      hostId,
      statement: statement.slice(),
      keyset: keyset.bytes,
      keyId: keyId ?? NO_KEY,
      epoch: encodeHex(keyset.epoch),
      acknowledge,
      tell
    })
    this.#schedule(GATHER_MS)
  }

  /** Offers nothing any more: hosts send again what was not acknowledged. */
  [Symbol.dispose](): void {
    this.#stopped = true
  }

  #schedule(milliseconds: number): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    this.#context.timers.after(milliseconds, () => {
      void this.#deliver()
    })
  }

  /** For a host that has `own` waiting. False: no other has clearly more. */
  #makeRoom(own: number): boolean {
    let [fullest, most] = ['', own + 1]
    for (const [hostId, count] of this.#ofHost) if (count > most) [fullest, most] = [hostId, count]
    const at = this.#waiting.findLastIndex(({ hostId }) => hostId === fullest)
    if (at < this.#offered) return false
    this.#drop(at)
    return true
  }

  #drop(at: number): void {
    const dropped = this.#waiting[at]
    this.#remove(at, 1)
    dropped?.tell('dropped')
  }

  #remove(at: number, count: number): void {
    for (const { hostId } of this.#waiting.splice(at, count)) this.#count(hostId, -1)
  }

  #count(hostId: string, change: 1 | -1): void {
    const count = (this.#ofHost.get(hostId) ?? 0) + change
    if (count === 0) this.#ofHost.delete(hostId)
    else this.#ofHost.set(hostId, count)
  }

  async #deliver(): Promise<void> {
    const batch = nextBatch(this.#waiting, this.#most)
    let delay = GATHER_MS
    this.#offered = batch.length
    try {
      const stored = await this.#context.store(batch)
      this.#remove(0, batch.length)
      this.#retryMs = FIRST_RETRY_MS
      this.#most = Math.min(this.#most * 2, BATCH)
      this.#settle(batch, stored)
    } catch (error) {
      delay = this.#fail(batch, error)
    }
    this.#offered = 0
    this.#scheduled = false
    if (this.#waiting.length > 0) this.#schedule(delay)
  }

  /** The pause before the next offer, in milliseconds. */
  #fail(batch: readonly Waiting[], error: unknown): number {
    const { logger } = this.#context
    const bad = isOfBatch(error)
    if (bad && batch.length > 1) {
      this.#most = Math.floor(batch.length / 2)
      logger.warn('usage not stored, offered in halves', { count: batch.length }, error)
      return GATHER_MS
    }
    if (bad) {
      this.#drop(0)
      logger.warn('usage dropped', { code: codeOf(error) ?? 'INTERNAL', epoch: batch[0]?.epoch ?? '' })
    }
    const delay = this.#retryMs
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
    if (!bad) logger.warn('usage not stored', { count: batch.length, delayMs: delay }, error)
    return delay
  }

  #settle(batch: readonly Waiting[], stored: StoredUsage): void {
    const refused = new Set<number>()
    for (const { index, code } of stored.refused) {
      this.#context.logger.warn('usage refused', { code, epoch: batch[index]?.epoch ?? '' })
      if (code !== SIGNED_ANEW) refused.add(index)
    }
    for (const [index, { tell }] of batch.entries()) tell(refused.has(index) ? 'refused' : 'stored')
    const told = new Map(batch.map(({ epoch, acknowledge }) => [acknowledge, stored.progress.get(epoch) ?? 0]))
    for (const [acknowledge, seq] of told) if (seq > 0) acknowledge(seq)
  }
}

/** Whether the market failed on what it was given; otherwise it is away, or does not know this relay. */
function isOfBatch(error: unknown): boolean {
  const code = codeOf(error) ?? 'INTERNAL'
  return kindOf(code) !== 'unavailable' && !OF_THE_RELAY.has(code)
}

/** The oldest, at least one. */
function nextBatch(waiting: readonly Waiting[], most: number): readonly Waiting[] {
  let bytes = 0
  const fits = waiting.slice(0, most).findIndex(({ statement, keyset }) => {
    bytes += statement.byteLength + keyset.byteLength
    return bytes > BATCH_BYTES
  })
  return waiting.slice(0, fits < 0 ? most : Math.max(1, fits))
}
