import { equalBytes, type PrivateKey } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { coverRoot, coverStatement } from '../../attestation/receipt/cover.ts'
import { planVoucher } from '../../attestation/receipt/exposure.ts'
import { type PaymentTerms, verifyPaymentTerms } from '../../attestation/receipt/payment-terms.ts'
import { type UsageStatement, verifyUsage } from '../../attestation/receipt/usage.ts'
import { signVoucher } from '../../attestation/receipt/voucher.ts'
import { ServiceError } from '../runtime/errors.ts'
import { type CoverStore, type PayeeCover, payeeName } from './covers.ts'
import type { ClientEventListener } from './events.ts'
import type { PaymentStatus, VoucherRequest } from './relay-port.ts'
import type { Leg } from './session.ts'

export interface PayingEscrow {
  /** Account, 32 bytes; in the basechain. */
  readonly escrow: Uint8Array
  readonly voucherKey: PrivateKey
  /** Account of the market that it names. */
  readonly market: Uint8Array
  readonly feeShare: number
  readonly delay: number
  readonly network: number
  /** nanoTON reserved for a payee, as last seen on chain. */
  readonly readReserved: (payee: Uint8Array) => Promise<bigint>
}

export interface PaymentsContext {
  readonly escrow: PayingEscrow
  readonly store: CoverStore
  readonly give: (request: VoucherRequest) => Promise<PaymentStatus>
  readonly onEvent: ClientEventListener
}

/**
 * Pays the hosts that answered. Everything goes in turn, so that no two vouchers of a payee are made at once; what a voucher says
 * is on disk before it is sent, so that a later run goes on from there and never signs less.
 */
export class Payments {
  readonly #context: PaymentsContext
  readonly #terms = new Map<string, PaymentTerms>()
  readonly #covers = new Map<string, PayeeCover>()
  #turn: Promise<unknown> = Promise.resolve()
  #inFlight = 0n

  constructor(context: PaymentsContext) {
    this.#context = context
  }

  /** A request that may come to `maxPrice` is under way until disposed. */
  begin(maxPrice: bigint): Disposable {
    this.#inFlight += maxPrice
    let running = true
    return {
      [Symbol.dispose]: () => {
        if (running) this.#inFlight -= maxPrice
        running = false
      }
    }
  }

  /** Takes on a statement whose receipt was verified and whose counts are believed, and pays for it. */
  owe(leg: Leg, usage: UsageStatement): void {
    void this.#inTurn(leg, async () => {
      // A relay can forge what a receipt says already; what is paid for must be the host's own.
      const { bytes, epoch, seq, price } = verifyUsage(usage.bytes, leg.host.keyset)
      if (price === 0n) return
      const { payee } = await this.#termsOf(leg)
      const before = await this.#coverOf(payee)
      const cover = coverStatement(before.cover, { ...usage, bytes, price })
      await this.#keep(payee, { ...before, cover, pending: [...before.pending, { epoch, seq }] })
      await this.#pay(leg, payee, cover.owed)
    })
  }

  /** What a host asked for with a statement that is not believed is not paid; both sides can read why. */
  refuse(leg: Leg, doubts: readonly string[]): void {
    this.#tellRefusal(leg, doubts.join('; '))
  }

  /** After UNPAID: whether at least one of the legs would take the request now, a voucher in advance included. */
  async settle(legs: readonly Leg[], maxPrice: bigint): Promise<boolean> {
    const settled = await Promise.all(legs.map((leg) => this.#inTurn(leg, () => this.#settleWith(leg, maxPrice))))
    return settled.includes(true)
  }

  /** When every voucher that is due has been given, or could not be. */
  async idle(): Promise<void> {
    await this.#turn
  }

  async #settleWith(leg: Leg, maxPrice: bigint): Promise<boolean> {
    const { payee } = await this.#termsOf(leg)
    const status = await this.#context.give(this.#request(leg, maxPrice))
    if (status.reason === '') return true
    if (status.cumulative === undefined) {
      this.#tellRefusal(leg, `the host says ${status.reason}: no voucher helps`)
      return false
    }
    return (await this.#pay(leg, payee, status.cumulative, maxPrice))?.reason === ''
  }

  /** Signs up to `wanted` and gives it, with what an earlier voucher covered that nobody took. */
  async #pay(leg: Leg, payee: Uint8Array, wanted: bigint, maxPrice = 0n): Promise<PaymentStatus | undefined> {
    const { escrow } = this.#context
    const state = await this.#coverOf(payee)
    const reserved = await escrow.readReserved(payee)
    const cumulative = wanted > reserved && state.vouchered < reserved ? reserved : wanted
    const account = { owed: state.cover.owed, inFlight: this.#inFlight, vouchered: state.vouchered, reserved }
    const plan = planVoucher(account, cumulative)
    if (plan.kind === 'refuse') {
      this.#tellRefusal(leg, plan.reason === 'reservation' ? 'the reservation is used up' : `${wanted} is not owed`)
      return undefined
    }
    if (plan.kind === 'sign') {
      const usageRoot = coverRoot(state.cover)
      const fields = { escrow: escrow.escrow, payee, cumulative: plan.cumulative, usageRoot }
      const voucher = signVoucher(fields, escrow.voucherKey)
      await this.#keep(payee, { ...state, vouchered: plan.cumulative, voucher })
    }
    return this.#give(leg, payee, maxPrice)
  }

  async #give(leg: Leg, payee: Uint8Array, maxPrice: bigint): Promise<PaymentStatus | undefined> {
    const state = await this.#coverOf(payee)
    if (state.voucher === null) return undefined
    const { voucher, pending, vouchered } = state
    const covered = pending.slice(0, MOST_COVERED)
    const status = await this.#context.give({ ...this.#request(leg, maxPrice), voucher: { voucher, covered } })
    await this.#keep(payee, { ...state, pending: pending.slice(covered.length) })
    const host = encodeHex(leg.digest)
    this.#context.onEvent({ kind: 'voucher-given', host, payee: payeeName(payee), cumulative: vouchered, covered })
    return status
  }

  async #termsOf(leg: Leg): Promise<PaymentTerms> {
    const name = encodeHex(leg.digest)
    const known = this.#terms.get(name)
    if (known !== undefined) return known
    const { terms: signed } = await this.#context.give(this.#request(leg, 0n))
    const terms = verifyPaymentTerms(signed, leg.host.keyset)
    const { market, network, feeShare, delay } = this.#context.escrow
    const fits =
      equalBytes(terms.market, market) &&
      terms.network === network &&
      terms.feeShare >= feeShare &&
      terms.minDelay <= delay
    if (!fits) throw new ServiceError('UNPAID', 'the host wants an escrow on other terms')
    if (this.#terms.size >= MOST_TERMS) this.#terms.clear()
    this.#terms.set(name, terms)
    return terms
  }

  #request(leg: Leg, maxPrice: bigint): VoucherRequest {
    return { keysetDigest: leg.digest, escrow: this.#context.escrow.escrow, maxPrice }
  }

  async #coverOf(payee: Uint8Array): Promise<PayeeCover> {
    const name = payeeName(payee)
    const known = this.#covers.get(name) ?? (await this.#context.store.read(name))
    this.#covers.set(name, known)
    return known
  }

  async #keep(payee: Uint8Array, cover: PayeeCover): Promise<void> {
    await this.#context.store.write(payeeName(payee), cover)
    this.#covers.set(payeeName(payee), cover)
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

const MOST_COVERED = 1024
const MOST_TERMS = 10_000
