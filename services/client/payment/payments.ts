import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { coverStatement } from '../../../attestation/receipt/cover.ts'
import { requestName } from '../../../attestation/receipt/reconcile.ts'
import { parseUsage, type UsageStatement, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { ClientEventListener } from '../events.ts'
import { Recent } from '../recent.ts'
import type { PayingRelay, PaymentStatus } from '../relays/relay-port.ts'
import type { Leg } from '../sessions/session.ts'
import { unlessAborted } from '../sessions/sessions.ts'
import { type AwaitedStatement, type FoundStatement, isAskedFor, isGivenUp, matchStatement } from './awaited.ts'
import { CoverBook } from './cover-book.ts'
import type { CoverStore, PayeeCover } from './covers.ts'
import { HostTerms } from './host-terms.ts'
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

/** What a request that was refused with UNPAID asks for. */
export interface RoomAsk {
  /** nanoTON. */
  readonly maxPrice: bigint
  /** Nothing is tried before another request has ended. */
  readonly isPatient: boolean
  readonly until: AbortSignal
}

/**
 * Pays the hosts that answered. Everything goes in turn, so that no two vouchers of a payee are made at once; what a voucher says
 * is on disk before it is sent, so that a later run goes on from there and never signs less.
 */
export class Payments {
  readonly #context: PaymentsContext
  readonly #terms: HostTerms
  readonly #book: CoverBook
  readonly #giver: VoucherGiver
  #turn: Promise<unknown> = Promise.resolve()
  #settling: Promise<unknown> = Promise.resolve()
  readonly #underWay = new UnderWay()
  /** Requests whose statements were fetched, should they come in another way after all. */
  readonly #fetched = new Recent<true>(MOST_FETCHED)

  constructor(context: PaymentsContext) {
    const { escrow, relay } = context
    this.#context = context
    this.#terms = new HostTerms(escrow, async (leg) => (await this.#ask(leg.digest, 0n)).terms)
    const listVouchers = (payee: Uint8Array): Promise<readonly Uint8Array[]> => relay.listVouchers(escrow.escrow, payee)
    const readOwnKeys = async () => [ed25519PublicBytes(await escrow.readVoucherKey()), escrow.firstVoucherKey]
    this.#book = new CoverBook({ ...context, escrow: escrow.escrow, readOwnKeys, listVouchers })
    this.#giver = new VoucherGiver({ ...context, book: this.#book })
  }

  /** A request that may come to `maxPrice` is with a host until disposed. */
  begin(maxPrice: bigint): Disposable {
    return this.#underWay.begin(maxPrice, 'runs')
  }

  /** Remembers on disk, from a verified receipt on, which statement is to come; whatever hinders that is told when it comes. */
  awaits(leg: Leg, awaited: AwaitedStatement): void {
    const remember = async (): Promise<void> => {
      const payee = await this.#terms.payeeOf(leg)
      const state = await this.#book.of(payee)
      await this.#book.keep(payee, { ...state, awaited: [...state.awaited, awaited].slice(-MOST_AWAITED) })
    }
    this.#queue(remember).catch(unlessRefused)
  }

  /** Takes on a statement whose receipt was verified and whose counts are believed, and pays for it. */
  owe(leg: Leg, usage: UsageStatement): void {
    void this.#inTurn(leg.digest, async () => {
      // A relay can forge what a receipt says already; what is paid for must be the host's own.
      const proven = verifyUsage(usage.bytes, leg.host.keyset)
      if (proven.price === 0n || this.#fetched.get(requestName(proven)) === true) return
      const payee = await this.#terms.payeeOf(leg)
      await this.#payFor(leg.digest, payee, withStatement(await this.#book.of(payee), proven))
    }).finally(() => this.#underWay.changed())
  }

  /**
   * Fetches the statements of answers that came with a receipt and without one: an earlier run was killed in between, or they were
   * lost on the way. What proves to be awaited is paid for, once: that it is in the cover, and awaited no more, is one write.
   * `all`: not those alone whose time has come. What hinders it is told when something is to be paid.
   */
  async catchUp(all: boolean, signal?: AbortSignal): Promise<void> {
    const payees = await this.#book.payees().catch((error: unknown) => {
      unlessRefused(error)
      return []
    })
    for (const payee of payees) {
      if (signal?.aborted === true) return
      await this.#queue(() => this.#catchUpWith(payee, all)).catch(unlessRefused)
    }
  }

  /** What a host asked for with a statement that is not believed is not paid; both sides can read why. */
  refuse(leg: Leg, doubts: readonly string[]): void {
    this.#tellRefusal(leg.digest, doubts.join('; '))
  }

  /**
   * After UNPAID: the legs that would take the request now on credit, or else one after a voucher in advance; none: it cannot be paid.
   * Where this client's other requests leave no room, it waits until one has ended; requests get room in the order in which they ask.
   */
  async settle(legs: readonly Leg[], ask: RoomAsk): Promise<readonly Leg[]> {
    const { maxPrice, until } = ask
    using _ = this.#underWay.begin(maxPrice, 'waits')
    const found = this.#settling.then(() => this.#findRoom(legs, ask))
    this.#settling = found.catch(() => {})
    return await unlessAborted(found, until).catch((error: unknown) => {
      if (until.aborted) return []
      throw error
    })
  }

  /** When every voucher that is due has been given, or could not be. */
  async idle(): Promise<void> {
    await this.#turn
  }

  async #catchUpWith(payee: Uint8Array, all: boolean): Promise<void> {
    const now = this.#context.now()
    const before = await this.#book.of(payee)
    const due = before.awaited.filter((one) => all || isAskedFor(one, now)).slice(0, MOST_ASKED)
    if (due.length === 0) return
    // For each that is awaited the first that proves to be it: a host may have signed another, and a relay say one twice.
    const open = new Map(due.map((one) => [one.request, one]))
    const proven: UsageStatement[] = []
    for (const found of await this.#context.relay.findStatements(due)) {
      const usage = this.#proven(open, found)
      if (usage === undefined) continue
      open.delete(requestName(usage))
      proven.push(usage)
    }
    const after = proven.reduce(withStatement, before)
    const last = proven.at(-1)
    for (const usage of proven) this.#fetched.set(requestName(usage), true)
    const kept = { ...after, awaited: after.awaited.filter((one) => !isGivenUp(one, now)) }
    if (last === undefined) await this.#book.keep(payee, kept)
    else await this.#payFor(last.keysetDigest, payee, kept)
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

  /** Pays what a cover that is not written yet owes. */
  async #payFor(digest: Uint8Array, payee: Uint8Array, state: PayeeCover): Promise<void> {
    const refusal = await this.#giver.pay(
      { digest, payee, state },
      { wanted: state.cover.owed, inFlight: this.#underWay.sum, maxPrice: 0n }
    )
    if (typeof refusal === 'string') this.#tellRefusal(digest, refusal)
  }

  async #findRoom(legs: readonly Leg[], { maxPrice, isPatient, until }: RoomAsk): Promise<readonly Leg[]> {
    const underWay = this.#underWay
    if (isPatient && !(await underWay.cameOf(underWay.change, until))) return []
    while (!until.aborted) {
      const { change } = underWay
      const standings = await this.#standings(legs, maxPrice)
      const onCredit = standings.filter(({ status }) => status.reason === '')
      if (onCredit.length > 0) return onCredit.map(({ leg }) => leg)
      const { ready, refusals } = await this.#payOneAhead(standings, maxPrice)
      if (ready !== undefined) return [ready]
      const mayCome = standings.some(({ status }) => MAKES_ROOM.has(status.reason))
      if (mayCome && (await underWay.cameOf(change, until))) continue
      for (const [at, { leg }] of standings.entries()) this.#tellRefusal(leg.digest, refusals[at] ?? '')
      break
    }
    return []
  }

  async #standings(legs: readonly Leg[], maxPrice: bigint): Promise<readonly Standing[]> {
    const asked = legs.map((leg) =>
      this.#inTurn(leg.digest, async () => ({
        leg,
        status: await this.#ask(leg.digest, maxPrice)
      }))
    )
    return (await Promise.all(asked)).filter((one) => one !== undefined)
  }

  /** One host for a request, not each that asks for it: what they say came through a relay, and nobody signed it. */
  async #payOneAhead(standings: readonly Standing[], maxPrice: bigint) {
    const refusals: string[] = []
    for (const standing of standings) {
      const refusal = await this.#payAhead(standing, maxPrice)
      if (refusal === undefined) return { ready: standing.leg, refusals }
      refusals.push(refusal)
    }
    return { ready: undefined, refusals }
  }

  /** Why the request stays unpaid with this leg; undefined: it does not. */
  async #payAhead({ leg, status }: Standing, maxPrice: bigint): Promise<string | undefined> {
    const { reason, cumulative, vouchered } = status
    if (cumulative === undefined) return `the host says ${reason}: no voucher helps`
    const given = await this.#inTurn(leg.digest, async () => {
      const payee = await this.#terms.payeeOf(leg)
      const known = await this.#book.of(payee)
      // A host that has more than is written here has it of us: the folder is an older copy.
      const state = vouchered > known.vouchered ? await this.#book.recover(payee) : known
      const wish = { wanted: cumulative, inFlight: this.#underWay.sum, maxPrice }
      return this.#giver.pay({ digest: leg.digest, payee, state }, wish)
    })
    if (typeof given === 'object')
      return given.reason === '' ? undefined : `the host says ${given.reason} after a voucher`
    return given ?? 'no voucher could be given'
  }

  #ask(keysetDigest: Uint8Array, maxPrice: bigint): Promise<PaymentStatus> {
    const { relay, escrow } = this.#context
    return relay.giveVoucher({ keysetDigest, escrow: escrow.escrow, maxPrice })
  }

  /** What is refused is told of the host. */
  #inTurn<Result>(digest: Uint8Array, step: () => Promise<Result>): Promise<Result | undefined> {
    return this.#queue(step).catch((error: unknown) => {
      this.#tellRefusal(digest, unlessRefused(error))
      return undefined
    })
  }

  #queue<Result>(step: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(step)
    this.#turn = turn.catch(() => {})
    return turn
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

/** The cover with a statement that is verified and believed, which is then awaited no more. */
function withStatement(state: PayeeCover, usage: UsageStatement): PayeeCover {
  const { epoch, seq } = usage
  return {
    ...state,
    cover: coverStatement(state.cover, usage),
    pending: [...state.pending, { epoch, seq }].slice(-MOST_PENDING),
    awaited: state.awaited.filter(({ request }) => request !== requestName(usage))
  }
}

interface Standing {
  readonly leg: Leg
  readonly status: PaymentStatus
}

/** Reasons of `planExposure` that can pass when another request ends. */
const MAKES_ROOM: ReadonlySet<string> = new Set(['credit', 'stale', 'closing', 'reservation'])
/** Of a payee: more than a host lends for at any price worth the name. */
const MOST_AWAITED = 1024
/** A market that is away for longer is never told what older vouchers were for; their sums hold. */
const MOST_PENDING = 16_384
const MOST_ASKED = 256
const MOST_FETCHED = 10_000
