import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { requestName } from '../../../attestation/receipt/reconcile.ts'
import { parseUsage, type UsageStatement, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { ClientEventListener } from '../events.ts'
import { Recent } from '../recent.ts'
import type { PayingRelay, PaymentStatus } from '../relays/relay-port.ts'
import type { Leg } from '../sessions/session.ts'
import { unlessAborted } from '../sessions/sessions.ts'
import { type AwaitedStatement, type FoundStatement, isAskedFor, matchStatement } from './awaited.ts'
import { CoverBook } from './cover-book.ts'
import { type CoverStore, type PayeeCover, withAwaited, withoutGivenUp, withStatement } from './covers.ts'
import { HostTerms } from './host-terms.ts'
import { Room, type RoomAsk } from './room.ts'
import { Turns } from './turns.ts'
import { UnderWay } from './under-way.ts'
import { type PayingEscrow, VoucherGiver } from './voucher-giver.ts'

export interface PaymentsContext {
  readonly escrow: PayingEscrow
  readonly store: CoverStore
  readonly relay: PayingRelay
  /** Unix seconds. */
  readonly now: () => number
  readonly onEvent: ClientEventListener
}

/**
 * Pays the hosts that answered. What is owed is written down and signed for as it comes, however slow a host is to take a voucher;
 * each is given one at a time. What a voucher says is on disk before it is sent, so that a later run goes on from there and never
 * signs less.
 */
export class Payments {
  readonly #context: PaymentsContext
  readonly #terms: HostTerms
  readonly #book: CoverBook
  readonly #giver: VoucherGiver
  /** By host. */
  readonly #turns = new Turns()
  /** Hosts that will be given a voucher when it is their turn. */
  readonly #giving = new Map<string, Promise<void>>()
  /** What is being written down. */
  readonly #noting = new Set<Promise<unknown>>()
  readonly #underWay = new UnderWay()
  readonly #room: Room
  /** Requests whose statements were taken on: each is, once, whichever way it comes. */
  readonly #taken = new Recent<true>(MOST_TAKEN)

  constructor(context: PaymentsContext) {
    const { escrow, relay } = context
    this.#context = context
    this.#terms = new HostTerms(escrow, async (leg) => (await this.#ask(leg.digest, 0n)).terms)
    const listVouchers = (payee: Uint8Array): Promise<readonly Uint8Array[]> => relay.listVouchers(escrow.escrow, payee)
    const readOwnKeys = async () => [ed25519PublicBytes(await escrow.readVoucherKey()), escrow.firstVoucherKey]
    this.#book = new CoverBook({ ...context, escrow: escrow.escrow, readOwnKeys, listVouchers })
    this.#giver = new VoucherGiver({ ...context, book: this.#book })
    this.#room = new Room({
      ...{ book: this.#book, giver: this.#giver, terms: this.#terms, underWay: this.#underWay },
      ask: (digest, maxPrice) => this.#ask(digest, maxPrice),
      inTurn: (digest, step) => this.#telling(digest, this.#turns.take(encodeHex(digest), step)),
      tellRefusal: (digest, reason) => this.#tellRefusal(digest, reason)
    })
  }

  /** A request that may come to `maxPrice` is with a host until disposed. */
  begin(maxPrice: bigint): Disposable {
    return this.#underWay.begin(maxPrice, 'runs')
  }

  /** Learns whom hosts want paid, before there is something to pay and one of them may be lost with it. */
  async meet(legs: readonly Leg[]): Promise<void> {
    const met = legs.map((leg) => this.#note(this.#terms.payeeOf(leg)).catch(unlessRefused))
    await unlessAborted(Promise.all(met), AbortSignal.timeout(MEETING_MS)).catch(() => {})
  }

  /** Remembers on disk, from a verified receipt on, which statement is to come; whatever hinders that is told when it comes. */
  awaits(leg: Leg, awaited: AwaitedStatement): void {
    const remember = async (): Promise<void> => {
      await this.#book.note(await this.#terms.payeeOf(leg), (state) => {
        return this.#taken.get(awaited.request) === true ? state : withAwaited(state, awaited)
      })
    }
    this.#note(remember()).catch(unlessRefused)
  }

  /** Takes on a statement whose receipt was verified and whose counts are believed, and pays for it. */
  owe(leg: Leg, usage: UsageStatement): void {
    const pay = async (): Promise<void> => {
      // A relay can forge what a receipt says already; what is paid for must be the host's own.
      const proven = verifyUsage(usage.bytes, leg.host.keyset)
      if (proven.price > 0n) await this.#payFor([proven], leg.digest, await this.#terms.payeeOf(leg))
    }
    void this.#note(this.#telling(leg.digest, pay())).finally(() => this.#underWay.changed())
  }

  /**
   * Fetches the statements of answers that came with a receipt and without one: an earlier run was killed in between, or they were
   * lost on the way. What proves to be awaited is paid for, once: that it is in the cover, and awaited no more, is one write.
   * `all`: not those alone whose time has come. A voucher is given again until the market has it. What hinders all this is told when
   * something is to be paid.
   */
  async catchUp(all: boolean, signal?: AbortSignal): Promise<void> {
    const payees = await this.#book.payees().catch((error: unknown) => {
      unlessRefused(error)
      return []
    })
    for (const payee of payees) {
      if (signal?.aborted === true) return
      await this.#note(this.#catchUpWith(payee, all)).catch(unlessRefused)
    }
  }

  /** What a host asked for with a statement that is not believed is not paid; both sides can read why. */
  refuse(leg: Leg, doubts: readonly string[]): void {
    this.#tellRefusal(leg.digest, doubts.join('; '))
  }

  /** After UNPAID, as `Room.settle`. */
  settle(legs: readonly Leg[], ask: RoomAsk): Promise<readonly Leg[]> {
    return this.#room.settle(legs, ask)
  }

  /** When every voucher that is due has been given, or could not be. */
  async idle(): Promise<void> {
    while (this.#noting.size > 0) await Promise.allSettled(this.#noting)
    await this.#turns.idle()
  }

  async #catchUpWith(payee: Uint8Array, all: boolean): Promise<void> {
    const now = this.#context.now()
    const { awaited } = await this.#book.of(payee)
    const due = awaited.filter((one) => all || isAskedFor(one, now)).slice(0, MOST_ASKED)
    const proven = due.length === 0 ? [] : await this.#fetch(due)
    const last = proven.at(-1)
    if (last !== undefined) await this.#payFor(proven, last.keysetDigest, payee)
    const { host, pending } = await this.#book.change(payee, (state) => withoutGivenUp(state, now))
    if (host !== null && pending.length > 0) await this.#payFor([], host, payee)
  }

  /** For each that is awaited the first that proves to be it: a host may have signed another, and a relay say one twice. */
  async #fetch(due: readonly AwaitedStatement[]): Promise<readonly UsageStatement[]> {
    const open = new Map(due.map((one) => [one.request, one]))
    const proven: UsageStatement[] = []
    for (const found of await this.#context.relay.findStatements(due)) {
      const usage = this.#proven(open, found)
      if (usage === undefined) continue
      open.delete(requestName(usage))
      proven.push(usage)
    }
    return proven
  }

  #proven(open: ReadonlyMap<string, AwaitedStatement>, found: FoundStatement): UsageStatement | undefined {
    try {
      const awaited = open.get(requestName(parseUsage(found.statement)))
      return awaited && matchStatement(awaited, found)
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      this.#context.onEvent({ kind: 'usage-refused', code: error.code, reason: error.message })
      return undefined
    }
  }

  async #payFor(proven: readonly UsageStatement[], digest: Uint8Array, payee: Uint8Array): Promise<void> {
    const take = (state: PayeeCover): PayeeCover => proven.reduce((before, usage) => this.#take(before, usage), state)
    const refusal = await this.#giver.sign(payee, { digest, take, inFlight: this.#underWay.sum })
    if (refusal === undefined) await this.#give(digest, payee)
    else this.#tellRefusal(digest, refusal)
  }

  #take(state: PayeeCover, usage: UsageStatement): PayeeCover {
    const name = requestName(usage)
    if (this.#taken.get(name) === true) return state
    this.#taken.set(name, true)
    return withStatement(state, usage)
  }

  /** One voucher covers all that is signed for by the time at which it is the host's turn. */
  #give(digest: Uint8Array, payee: Uint8Array): Promise<void> {
    const name = encodeHex(digest)
    const waiting = this.#giving.get(name)
    if (waiting !== undefined) return waiting
    const giving = this.#turns.take(name, async () => {
      this.#giving.delete(name)
      if ((await this.#book.of(payee)).pending.length > 0) await this.#giver.give(digest, payee, 0n)
    })
    this.#giving.set(name, giving)
    return giving
  }

  #ask(keysetDigest: Uint8Array, maxPrice: bigint): Promise<PaymentStatus> {
    const { relay, escrow } = this.#context
    return relay.giveVoucher({ keysetDigest, escrow: escrow.escrow, maxPrice })
  }

  /** What is refused is told of the host. */
  #telling<Result>(digest: Uint8Array, step: Promise<Result>): Promise<Result | undefined> {
    return step.catch((error: unknown) => {
      this.#tellRefusal(digest, unlessRefused(error))
      return undefined
    })
  }

  #note<Result>(step: Promise<Result>): Promise<Result> {
    const noted = step.finally(() => this.#noting.delete(noted))
    this.#noting.add(noted)
    return noted
  }

  #tellRefusal(digest: Uint8Array, reason: string): void {
    this.#context.onEvent({ kind: 'voucher-refused', host: encodeHex(digest), reason })
  }
}

/** In words; throws what nobody refused. */
function unlessRefused(error: unknown): string {
  if (error instanceof ServiceError || error instanceof AttestationError) return `${error.code}: ${error.message}`
  throw error
}

/** A host that does not say in time whom it wants paid is asked again when something is to be paid. */
const MEETING_MS = 1_000
const MOST_ASKED = 256
const MOST_TAKEN = 10_000
