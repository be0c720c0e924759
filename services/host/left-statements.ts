import { equalBytes } from '../../attestation/crypto.ts'
import type { Logger } from '../runtime/log.ts'
import type { LeftStatement } from './statement-memory.ts'

/** What goes to a relay at once: statements of one keyset. */
export interface LeftParcel {
  readonly keyset: Uint8Array
  readonly statements: readonly Uint8Array[]
}

/** The market's word, by a relay: places in the parcel. Those in neither list have none yet. */
export interface LeftWord {
  readonly stored: readonly number[]
  readonly refused: readonly number[]
}

export interface LeftContext {
  readonly left: readonly LeftStatement[]
  /** The market has stored it, or refuses it. */
  readonly ended: (statement: LeftStatement, isStored: boolean) => void
  /** Milliseconds that only grow. */
  readonly monotonic: () => number
  readonly logger: Logger
}

/** A relay's standing call, as far as this delivery is concerned. */
export interface LeftCarrier {
  /** Answers the parcel that it was sent last. */
  answer(word: LeftWord): void
  /** The call has ended: others carry what it was sent. */
  detach(): void
}

interface Carrying {
  readonly send: (parcel: LeftParcel) => void
  /** Sent and not answered. */
  sent: readonly LeftStatement[]
}

interface Offer {
  dueAt: number
  tries: number
}

/** As the wire bounds it. */
const MOST_IN_PARCEL = 64
/** A relay that has not answered for so long does not keep others from being asked. */
const SILENCE_MS = 60_000
const PAUSE_MS = 15_000
/** What is offered so often in vain waits for the next start. */
const MOST_TRIES = 64

/**
 * Delivers the statements that earlier starts of this host left, as they were signed: the disk is the provider's, and a guest that
 * signed what it says would vouch for it. A relay carries one parcel at a time; the market's word on a statement is the last.
 */
export class LeftStatements {
  readonly #context: LeftContext
  readonly #open: Map<LeftStatement, Offer>
  readonly #carriers = new Set<Carrying>()

  constructor(context: LeftContext) {
    this.#context = context
    this.#open = new Map(context.left.map((statement) => [statement, { dueAt: Number.NEGATIVE_INFINITY, tries: 0 }]))
  }

  /** Statements without the market's word. */
  get waiting(): number {
    return this.#open.size
  }

  attach(send: (parcel: LeftParcel) => void): LeftCarrier {
    const carrier: Carrying = { send, sent: [] }
    this.#carriers.add(carrier)
    this.#offer(carrier)
    return {
      answer: (word) => {
        this.#settle(carrier, word)
        this.#offer(carrier)
      },
      detach: () => {
        this.#carriers.delete(carrier)
        this.#release(carrier, this.#context.monotonic())
        this.keepHouse()
      }
    }
  }

  /** Offers again what is due; to be called every few seconds. */
  keepHouse(): void {
    for (const carrier of this.#carriers) this.#offer(carrier)
  }

  #settle(carrier: Carrying, { stored, refused }: LeftWord): void {
    const { logger } = this.#context
    for (const [places, isStored] of [[stored, true] as const, [refused, false] as const]) {
      for (const place of places) this.#end(carrier.sent[place], isStored)
    }
    if (stored.length > 0) logger.info('statements of an earlier start are stored', { count: stored.length })
    if (refused.length > 0) logger.warn('statements of an earlier start are refused', { count: refused.length })
    this.#release(carrier, this.#context.monotonic() + PAUSE_MS)
  }

  /** A place that was never sent, or that another relay has told of, is ignored: relays are not trusted. */
  #end(statement: LeftStatement | undefined, isStored: boolean): void {
    if (statement === undefined || !this.#open.delete(statement)) return
    statement.forget()
    this.#context.ended(statement, isStored)
  }

  /** What the carrier has and the market has no word on is due again then. */
  #release(carrier: Carrying, dueAt: number): void {
    for (const statement of carrier.sent) {
      const offer = this.#open.get(statement)
      if (offer === undefined) continue
      offer.dueAt = dueAt
      if (offer.tries < MOST_TRIES) continue
      this.#open.delete(statement)
      this.#context.logger.warn('a statement of an earlier start waits for the next one', { attempt: offer.tries })
    }
    carrier.sent = []
  }

  #offer(carrier: Carrying): void {
    if (carrier.sent.length > 0) return
    const parcel = this.#nextParcel()
    const [first] = parcel
    if (first === undefined) return
    carrier.sent = parcel
    carrier.send({ keyset: first.keyset.bytes, statements: parcel.map(({ statement }) => statement) })
  }

  #nextParcel(): readonly LeftStatement[] {
    const now = this.#context.monotonic()
    const due = [...this.#open].filter(([, { dueAt }]) => dueAt <= now)
    const digest = due[0]?.[0].keyset.digest
    const same = due.filter(([{ keyset }]) => digest !== undefined && equalBytes(keyset.digest, digest))
    return same.slice(0, MOST_IN_PARCEL).map(([statement, offer]) => {
      offer.dueAt = now + SILENCE_MS
      offer.tries++
      return statement
    })
  }
}
