import { encodeHex } from '../../attestation/encoding.ts'
import {
  type EscrowView,
  type ExposureLimits,
  type ExposurePlan,
  type PayeeAccount,
  planExposure
} from '../../attestation/receipt/exposure.ts'
import { type VerifiedVoucher, verifyVoucher } from '../../attestation/receipt/voucher.ts'

/** An escrow as the chain was seen to have it, for this host's payee. */
export interface EscrowSight {
  /** Unix seconds, by the block that proved it. */
  readonly checkedAt: number
  /** nanoTON that the payee was ever paid. */
  readonly paid: bigint
  /** The one that signs from now on, and after a change the one before it, whose end `view` knows. */
  readonly voucherKeys: readonly [Uint8Array, ...Uint8Array[]]
  /** What a voucher by this key is worth. */
  readonly view: (voucherKey: Uint8Array) => EscrowView
}

export interface AccountParties {
  /** Accounts, 32 bytes each. */
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
}

/** What is asked on behalf of a payer. */
export interface PayerAsk {
  /** As the hello proved it. A key that is not the escrow's gets nothing: whoever names somebody else's escrow does not spend it. */
  readonly voucherKey: Uint8Array
  /** nanoTON; 0: unlimited. */
  readonly maxPrice: bigint
  /** Unix seconds. */
  readonly now: number
}

/** nanoTON; sums since the escrow began. */
export type PayerStanding = PayeeAccount & { readonly plan: ExposurePlan }

/**
 * One payer's account with this host. A guest remembers nothing from one start to the next, so an account begins with what is
 * known of others' memory: everything paid or vouchered before counts as delivered, and no old voucher buys anything again.
 */
export class PayerAccount {
  readonly #parties: AccountParties
  readonly #limits: ExposureLimits
  /** nanoTON of the best voucher by each key, the key in hex. */
  readonly #best = new Map<string, bigint>()
  #sight: EscrowSight
  #delivered: bigint
  #inFlight = 0n

  constructor(
    parties: AccountParties,
    limits: ExposureLimits,
    begin: { sight: EscrowSight; known: readonly VerifiedVoucher[] }
  ) {
    this.#parties = parties
    this.#limits = limits
    this.#sight = begin.sight
    for (const voucher of begin.known) this.#count(voucher)
    // Whether they can still be claimed or not: their sums were delivered.
    this.#delivered = [...this.#best.values()].reduce(larger, begin.sight.paid)
  }

  get sight(): EscrowSight {
    return this.#sight
  }

  see(sight: EscrowSight): void {
    if (sight.checkedAt >= this.#sight.checkedAt) this.#sight = sight
  }

  /** Takes a voucher on; one that is not above the best changes nothing. Refuses as `verifyVoucher` does. */
  take(signed: Uint8Array): void {
    const { escrow, payee } = this.#parties
    this.#count(verifyVoucher(signed, { escrow, payee, voucherKeys: this.#sight.voucherKeys }))
  }

  /** Whether a request is served; what it may come to is set aside until `settle`. */
  admit(ask: PayerAsk): ExposurePlan {
    const plan = this.#plan(ask)
    if (plan.kind === 'serve') this.#inFlight += plan.upTo
    return plan
  }

  /** A request that was admitted for `upTo` has ended and costs `price`. */
  settle(upTo: bigint, price: bigint): void {
    this.#inFlight -= upTo
    this.#delivered += price
  }

  standing(ask: PayerAsk): PayerStanding {
    return { ...this.#sums(ask.now), plan: this.#plan(ask) }
  }

  #plan({ voucherKey, maxPrice, now }: PayerAsk): ExposurePlan {
    return planExposure(this.#sums(now), this.#sight.view(voucherKey), { maxPrice, now }, this.#limits)
  }

  #sums(now: number): PayeeAccount {
    return { delivered: this.#delivered, inFlight: this.#inFlight, vouchered: this.#vouchered(now) }
  }

  /** What was paid, or more by a voucher that can be claimed in time: one by a key that is about to end is worth nothing. */
  #vouchered(now: number): bigint {
    const { paid, voucherKeys, view } = this.#sight
    const claimable = voucherKeys.filter((key) => now + this.#limits.claimMargin < view(key).claimableUntil)
    return claimable.map((key) => this.#best.get(encodeHex(key)) ?? 0n).reduce(larger, paid)
  }

  #count({ signer, cumulative }: VerifiedVoucher): void {
    const name = encodeHex(signer)
    this.#best.set(name, larger(this.#best.get(name) ?? 0n, cumulative))
  }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** An account is the escrow's: a payer with two keys has one credit. */
export function accountName(escrow: Uint8Array): string {
  return encodeHex(escrow)
}
