import { ed25519PublicBytes, type PrivateKey, verifyEd25519 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { coverRoot, coverStatement } from '../../attestation/receipt/cover.ts'
import { planVoucher } from '../../attestation/receipt/exposure.ts'
import { type UsageStatement, verifyUsage } from '../../attestation/receipt/usage.ts'
import { parseVoucher, signVoucher } from '../../attestation/receipt/voucher.ts'
import { ServiceError } from '../runtime/errors.ts'
import { CoverBook } from './cover-book.ts'
import { type CoverStore, payeeName } from './covers.ts'
import type { ClientEventListener } from './events.ts'
import { type EscrowPromise, HostTerms } from './host-terms.ts'
import type { PayingRelay, PaymentStatus, VoucherRequest } from './relay-port.ts'
import type { Leg } from './session.ts'
import { unlessAborted } from './sessions.ts'
import { UnderWay } from './under-way.ts'

export interface PayingEscrow extends EscrowPromise {
  /** Account, 32 bytes; in the basechain. */
  readonly escrow: Uint8Array
  /** Ed25519, 32 bytes. */
  readonly firstVoucherKey: Uint8Array
  /** The key that signs from now on. */
  readonly readVoucherKey: () => Promise<PrivateKey>
  /** nanoTON reserved for a payee, as last seen on chain. */
  readonly readReserved: (payee: Uint8Array) => Promise<bigint>
}

export interface PaymentsContext {
  readonly escrow: PayingEscrow
  readonly store: CoverStore
  readonly relay: PayingRelay
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
  #turn: Promise<unknown> = Promise.resolve()
  #settling: Promise<unknown> = Promise.resolve()
  readonly #underWay = new UnderWay()

  constructor(context: PaymentsContext) {
    const { escrow, relay } = context
    this.#context = context
    this.#terms = new HostTerms(escrow, async (leg) => (await relay.giveVoucher(this.#request(leg, 0n))).terms)
    const listVouchers = (payee: Uint8Array): Promise<readonly Uint8Array[]> => relay.listVouchers(escrow.escrow, payee)
    const readOwnKeys = async () => [ed25519PublicBytes(await escrow.readVoucherKey()), escrow.firstVoucherKey]
    this.#book = new CoverBook({ ...context, escrow: escrow.escrow, readOwnKeys, listVouchers })
  }

  /** A request that may come to `maxPrice` is with a host until disposed. */
  begin(maxPrice: bigint): Disposable {
    return this.#underWay.begin(maxPrice, 'runs')
  }

  /** Takes on a statement whose receipt was verified and whose counts are believed, and pays for it. */
  owe(leg: Leg, usage: UsageStatement): void {
    void this.#inTurn(leg, async () => {
      // A relay can forge what a receipt says already; what is paid for must be the host's own.
      const { bytes, epoch, seq, price } = verifyUsage(usage.bytes, leg.host.keyset)
      if (price === 0n) return
      const payee = await this.#terms.payeeOf(leg)
      const before = await this.#book.of(payee)
      const cover = coverStatement(before.cover, { ...usage, bytes, price })
      await this.#book.keep(payee, { ...before, cover, pending: [...before.pending, { epoch, seq }] })
      const refusal = await this.#pay(leg, payee, cover.owed)
      if (typeof refusal === 'string') this.#tellRefusal(leg, refusal)
    }).finally(() => this.#underWay.changed())
  }

  /** What a host asked for with a statement that is not believed is not paid; both sides can read why. */
  refuse(leg: Leg, doubts: readonly string[]): void {
    this.#tellRefusal(leg, doubts.join('; '))
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
      for (const [at, { leg }] of standings.entries()) this.#tellRefusal(leg, refusals[at] ?? '')
      break
    }
    return []
  }

  async #standings(legs: readonly Leg[], maxPrice: bigint): Promise<readonly Standing[]> {
    const asked = legs.map((leg) =>
      this.#inTurn(leg, async () => ({
        leg,
        status: await this.#context.relay.giveVoucher(this.#request(leg, maxPrice))
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
    const given = await this.#inTurn(leg, async () => {
      const payee = await this.#terms.payeeOf(leg)
      // A host that has more than is written here has it of us: the folder is an older copy.
      if (vouchered > (await this.#book.of(payee)).vouchered) await this.#book.recover(payee)
      return this.#pay(leg, payee, cumulative, maxPrice)
    })
    if (typeof given === 'object')
      return given.reason === '' ? undefined : `the host says ${given.reason} after a voucher`
    return given ?? 'no voucher could be given'
  }

  /** Signs up to `wanted` and gives it, with what an earlier voucher covered that nobody took. A text says why it signs nothing. */
  async #pay(leg: Leg, payee: Uint8Array, wanted: bigint, maxPrice = 0n): Promise<PaymentStatus | string | undefined> {
    const { escrow } = this.#context
    const state = await this.#book.of(payee)
    const reserved = await escrow.readReserved(payee)
    const cumulative = wanted > reserved && state.vouchered < reserved ? reserved : wanted
    const account = { owed: state.cover.owed, inFlight: this.#underWay.sum, vouchered: state.vouchered, reserved }
    const plan = planVoucher(account, cumulative)
    if (plan.kind === 'refuse') {
      return plan.reason === 'reservation' ? 'the reservation is used up' : `${wanted} is not owed`
    }
    const voucherKey = await escrow.readVoucherKey()
    if (plan.kind === 'sign') await this.#sign(payee, plan.cumulative, voucherKey)
    // What a key signed that the escrow has changed since is worth nothing after its end.
    else if (!isSignedBy(state.voucher, voucherKey)) await this.#sign(payee, state.vouchered, voucherKey)
    return this.#give(leg, payee, maxPrice)
  }

  async #sign(payee: Uint8Array, cumulative: bigint, voucherKey: PrivateKey): Promise<void> {
    const state = await this.#book.of(payee)
    const fields = { escrow: this.#context.escrow.escrow, payee, cumulative, usageRoot: coverRoot(state.cover) }
    await this.#book.keep(payee, { ...state, vouchered: cumulative, voucher: signVoucher(fields, voucherKey) })
  }

  async #give(leg: Leg, payee: Uint8Array, maxPrice: bigint): Promise<PaymentStatus | undefined> {
    const state = await this.#book.of(payee)
    if (state.voucher === null) return undefined
    const { voucher, pending, vouchered } = state
    const covered = pending.slice(0, MOST_COVERED)
    const status = await this.#context.relay.giveVoucher({
      ...this.#request(leg, maxPrice),
      voucher: { voucher, covered }
    })
    await this.#book.keep(payee, { ...state, pending: pending.slice(covered.length) })
    const host = encodeHex(leg.digest)
    this.#context.onEvent({ kind: 'voucher-given', host, payee: payeeName(payee), cumulative: vouchered, covered })
    return status
  }

  #request(leg: Leg, maxPrice: bigint): VoucherRequest {
    return { keysetDigest: leg.digest, escrow: this.#context.escrow.escrow, maxPrice }
  }

  #inTurn<Result>(leg: Leg, step: () => Promise<Result>): Promise<Result | undefined> {
    const turn = this.#turn.then(step).catch((error: unknown) => {
      if (!(error instanceof ServiceError || error instanceof AttestationError)) throw error
      this.#tellRefusal(leg, `${error.code}: ${error.message}`)
      return undefined
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  #tellRefusal(leg: Leg, reason: string): void {
    this.#context.onEvent({ kind: 'voucher-refused', host: encodeHex(leg.digest), reason })
  }
}

/** True where there is none. */
function isSignedBy(voucher: Uint8Array | null, voucherKey: PrivateKey): boolean {
  if (voucher === null) return true
  const { bytes, signature } = parseVoucher(voucher)
  return verifyEd25519(ed25519PublicBytes(voucherKey), bytes, signature)
}

interface Standing {
  readonly leg: Leg
  readonly status: PaymentStatus
}

/** Reasons of `planExposure` that can pass when another request ends. */
const MAKES_ROOM: ReadonlySet<string> = new Set(['credit', 'stale', 'closing', 'reservation'])
const MOST_COVERED = 1024
