import type { HostIdentity } from './identity.ts'
import type { StatementMemory } from './statement-memory.ts'

/** A relay's link, and the identity that it stands as. */
export interface StatementSender {
  readonly identity: HostIdentity
  send(seq: number, statement: Uint8Array): void
}

/** Makes the statement of this number, signed by this identity. */
export type SignStatement = (seq: number, identity: HostIdentity) => Uint8Array

/** Who owes a statement's price. */
export interface StatementOwner {
  /** As the host's memory names it. */
  readonly account: string
  /** Called once, when a relay has the statement. */
  readonly stored: () => void
}

interface Pending {
  readonly seq: number
  readonly sign: SignStatement
  readonly owner: StatementOwner
  /** Whom it was sent through. */
  readonly carriers: WeakSet<StatementSender>
  signed: Signed | undefined
  /** Forgets what was written down of it. */
  forget: (() => void) | undefined
  sentAt: number
}

interface Signed {
  readonly by: HostIdentity
  readonly statement: Uint8Array
}

/** With so many statements unacknowledged the host takes no new work. */
export const MOST_UNACKNOWLEDGED = 1024
const RESEND_AFTER_MS = 5_000
const NOBODY: StatementOwner = { account: '', stored: () => {} }

/**
 * The usage statements of one epoch, numbered from 1 without gaps and kept until a relay says that they are stored.
 * A relay's word counts for what was sent through it: it cannot erase what only others carry. Each is signed by the keyset of the link that
 * carries it, because a relay vouches for no other: what one keyset leaves unstored, the next signs anew. It is written down as it is
 * signed first, before anything more of its answer leaves this process: a guest that is killed has told nobody of an end that it forgets.
 */
export class UsageLedger {
  #pending: Pending[] = []
  readonly #senders = new Set<StatementSender>()
  readonly #monotonic: () => number
  readonly #changed: () => void
  readonly #memory: Pick<StatementMemory, 'keep'> | undefined
  #lastSeq = 0
  #settled = Promise.withResolvers<void>()

  /** `monotonic` in milliseconds; `changed` is told when `full` may have changed; `memory` where the host has a folder to write to. */
  constructor(monotonic: () => number, changed: () => void, memory?: Pick<StatementMemory, 'keep'>) {
    this.#monotonic = monotonic
    this.#changed = changed
    this.#memory = memory
  }

  get full(): boolean {
    return this.#pending.length >= MOST_UNACKNOWLEDGED
  }

  get unacknowledged(): number {
    return this.#pending.length
  }

  /** When nothing is unacknowledged. */
  settled(): Promise<void> {
    return this.#pending.length === 0 ? Promise.resolve() : this.#settled.promise
  }

  /** Numbers, signs and keeps a statement, and sends it through `via`, or any relay when that one is gone. */
  record(sign: SignStatement, via: StatementSender, owner = NOBODY): void {
    const seq = this.#lastSeq + 1
    const sentAt = Number.NEGATIVE_INFINITY
    const pending = { seq, sign, owner, carriers: new WeakSet(), signed: undefined, forget: undefined, sentAt }
    this.#lastSeq = seq
    this.#pending.push(pending)
    if (!via.identity.erased) this.#sign(pending, via.identity)
    this.#send(pending, this.#senders.has(via) ? via : this.#anySender())
    this.#changed()
  }

  /**
   * All statements up to `seq` are stored, says the relay behind `via`: those that it was sent are forgotten. A number
   * that was never given is ignored: relays are not trusted.
   */
  acknowledge(seq: number, via: StatementSender): void {
    if (seq > this.#lastSeq) return
    const isStored = (pending: Pending): boolean => pending.seq <= seq && pending.carriers.has(via)
    const stored = this.#pending.filter(isStored)
    if (stored.length === 0) return
    this.#pending = this.#pending.filter((pending) => !isStored(pending))
    for (const { owner, forget } of stored) {
      // Killed in between, the host asks its payer for too little, never twice.
      forget?.()
      owner.stored()
    }
    if (this.#pending.length === 0) {
      this.#settled.resolve()
      this.#settled = Promise.withResolvers()
    }
    this.#changed()
  }

  /** A relay to send through, which gets all that waits. The answer detaches it. */
  attach(sender: StatementSender): () => void {
    this.#senders.add(sender)
    for (const pending of this.#pending) this.#send(pending, sender)
    return () => this.#senders.delete(sender)
  }

  /** Sends again what was not acknowledged in time; to be called every few seconds. */
  resend(): void {
    const sender = this.#anySender()
    const due = this.#monotonic() - RESEND_AFTER_MS
    for (const pending of this.#pending) if (pending.sentAt <= due) this.#send(pending, sender)
  }

  /** The relays in turn. */
  #anySender(): StatementSender | undefined {
    const [first] = this.#senders
    if (first !== undefined) {
      this.#senders.delete(first)
      this.#senders.add(first)
    }
    return first
  }

  #send(pending: Pending, sender: StatementSender | undefined): void {
    if (sender === undefined) return
    const { statement } = this.#sign(pending, sender.identity)
    pending.carriers.add(sender)
    pending.sentAt = this.#monotonic()
    sender.send(pending.seq, statement)
  }

  #sign(pending: Pending, by: HostIdentity): Signed {
    if (pending.signed?.by === by) return pending.signed
    const signed = { by, statement: pending.sign(pending.seq, by) }
    pending.signed = signed
    const { account } = pending.owner
    pending.forget ??= this.#memory?.keep({ keyset: by.keyset, statement: signed.statement, account })
    return signed
  }
}
