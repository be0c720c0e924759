import type { PaymentStatus } from '../relays/relay-port.ts'
import type { Leg } from '../sessions/session.ts'
import { unlessAborted } from '../sessions/sessions.ts'
import type { CoverBook } from './cover-book.ts'
import type { HostTerms } from './host-terms.ts'
import type { UnderWay } from './under-way.ts'
import type { VoucherGiver } from './voucher-giver.ts'

/** What a request that was refused with UNPAID asks for. */
export interface RoomAsk {
  /** nanoTON. */
  readonly maxPrice: bigint
  /** Nothing is tried before another request has ended. */
  readonly isPatient: boolean
  readonly until: AbortSignal
}

export interface RoomContext {
  readonly book: CoverBook
  readonly giver: VoucherGiver
  readonly terms: HostTerms
  readonly underWay: UnderWay
  /** How this payer stands with a host, for a request of at most so many nanoTON. */
  readonly ask: (keysetDigest: Uint8Array, maxPrice: bigint) => Promise<PaymentStatus>
  /** One step a host at a time; undefined for what is refused, which is told. */
  readonly inTurn: <Result>(digest: Uint8Array, step: () => Promise<Result>) => Promise<Result | undefined>
  readonly tellRefusal: (digest: Uint8Array, reason: string) => void
}

/** Finds room for requests that hosts refused as unpaid: on credit, in advance, or when others have ended. */
export class Room {
  readonly #context: RoomContext
  #settling: Promise<unknown> = Promise.resolve()

  constructor(context: RoomContext) {
    this.#context = context
  }

  /**
   * After UNPAID: the legs that would take the request now on credit, or else one after a voucher in advance; none: it cannot be paid.
   * Where this client's other requests leave no room, it waits until one has ended; requests get room in the order in which they ask.
   */
  async settle(legs: readonly Leg[], ask: RoomAsk): Promise<readonly Leg[]> {
    const { maxPrice, until } = ask
    using _ = this.#context.underWay.begin(maxPrice, 'waits')
    const found = this.#settling.then(() => this.#findRoom(legs, ask))
    this.#settling = found.catch(() => {})
    return await unlessAborted(found, until).catch((error: unknown) => {
      if (until.aborted) return []
      throw error
    })
  }

  async #findRoom(legs: readonly Leg[], { maxPrice, isPatient, until }: RoomAsk): Promise<readonly Leg[]> {
    const underWay = this.#context.underWay
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
      for (const [at, { leg }] of standings.entries()) this.#context.tellRefusal(leg.digest, refusals[at] ?? '')
      break
    }
    return []
  }

  async #standings(legs: readonly Leg[], maxPrice: bigint): Promise<readonly Standing[]> {
    const asked = legs.map((leg) =>
      this.#context.inTurn(leg.digest, async () => ({
        leg,
        status: await this.#context.ask(leg.digest, maxPrice)
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
    const given = await this.#context.inTurn(leg.digest, async () => {
      const payee = await this.#context.terms.payeeOf(leg)
      // A host that has more than is written here has it of us: the folder is an older copy.
      if (vouchered > (await this.#context.book.of(payee)).vouchered) await this.#context.book.recover(payee)
      const wish = { digest: leg.digest, wanted: cumulative, inFlight: this.#context.underWay.sum }
      return (await this.#context.giver.sign(payee, wish)) ?? this.#context.giver.give(leg.digest, payee, maxPrice)
    })
    if (typeof given === 'object')
      return given.reason === '' ? undefined : `the host says ${given.reason} after a voucher`
    return given ?? 'no voucher could be given'
  }
}

interface Standing {
  readonly leg: Leg
  readonly status: PaymentStatus
}

/** Reasons of `planExposure` that can pass when another request ends. */
const MAKES_ROOM: ReadonlySet<string> = new Set(['credit', 'stale', 'closing', 'reservation'])
