import { encodeHex } from '../../attestation/encoding.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'

/** A signed statement and the keyset whose receipt key signed it. */
export interface DeliveredStatement {
  readonly statement: Uint8Array
  readonly keyset: Uint8Array
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

interface Waiting extends DeliveredStatement {
  readonly epoch: string
  readonly acknowledge: (seq: number) => void
}

const BATCH = 256
/** With the largest keyset beside each statement a batch must still be one message. */
const BATCH_BYTES = 2 * 1024 * 1024
const GATHER_MS = 20
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5_000
/** Beyond, statements are left to the host, which sends again what nobody acknowledged. */
const MOST_WAITING = 8_192

/**
 * Carries usage statements to the market and acknowledgements back. It checks none of them: they are signed, and the
 * market does. What the market does not take now is offered again until it does.
 */
export class UsageForwarder implements Disposable {
  readonly #context: UsageContext
  readonly #waiting: Waiting[] = []
  #scheduled = false
  #stopped = false
  #retryMs = FIRST_RETRY_MS

  constructor(context: UsageContext) {
    this.#context = context
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** `acknowledge` is told how far the epoch is stored, maybe more than once. */
  add(
    keyset: { readonly bytes: Uint8Array; readonly epoch: Uint8Array },
    statement: Uint8Array,
    acknowledge: (seq: number) => void
  ): void {
    if (this.#waiting.length >= MOST_WAITING) return
    this.#waiting.push({
      statement: statement.slice(),
      keyset: keyset.bytes,
      epoch: encodeHex(keyset.epoch),
      acknowledge
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

  async #deliver(): Promise<void> {
    const batch = nextBatch(this.#waiting)
    let delay = GATHER_MS
    try {
      const stored = await this.#context.store(batch)
      this.#waiting.splice(0, batch.length)
      this.#retryMs = FIRST_RETRY_MS
      this.#settle(batch, stored)
    } catch (error) {
      delay = this.#retryMs
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
      this.#context.logger.warn('usage not stored', { count: batch.length, delayMs: delay }, error)
    }
    this.#scheduled = false
    if (this.#waiting.length > 0) this.#schedule(delay)
  }

  #settle(batch: readonly Waiting[], stored: StoredUsage): void {
    for (const { index, code } of stored.refused) {
      this.#context.logger.warn('usage refused', { code, epoch: batch[index]?.epoch ?? '' })
    }
    for (const { epoch, acknowledge } of batch) {
      const seq = stored.progress.get(epoch) ?? 0
      if (seq > 0) acknowledge(seq)
    }
  }
}

/** The oldest, at least one. */
function nextBatch(waiting: readonly Waiting[]): readonly Waiting[] {
  let bytes = 0
  const fits = waiting.slice(0, BATCH).findIndex(({ statement, keyset }) => {
    bytes += statement.byteLength + keyset.byteLength
    return bytes > BATCH_BYTES
  })
  return waiting.slice(0, fits < 0 ? BATCH : Math.max(1, fits))
}
