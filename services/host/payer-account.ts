import { concatBytes, encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import {
  type EscrowView,
  EXPOSURE_LIMITS,
  type ExposureLimits,
  type ExposurePlan,
  type PayeeAccount,
  planExposure
} from '../../attestation/receipt/exposure.ts'
import { type VerifiedVoucher, type VoucherExpectations, verifyVoucher } from '../../attestation/receipt/voucher.ts'
import type { Keep, PayerRecord } from './payer-memory.ts'

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

/** What an account begins with. */
export interface AccountBeginning {
  readonly sight: EscrowSight
  /** Vouchers that the market has, as it says; those of others say nothing here. */
  readonly known: readonly Uint8Array[]
  /** What this host itself remembers; absent where it knows the payer for the first time. */
  readonly kept: PayerRecord | undefined
  /** nanoTON of the statements that earlier starts left and that the market may still store. */
  readonly left: bigint
  readonly keep: Keep
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

/** `unkept`: it would be served, but could not be written down. */
export type AdmissionPlan = ExposurePlan | { readonly kind: 'unkept' }

/** nanoTON: a twentieth of what anybody is given on credit. */
const DUST = 1_000_000n

/**
 * One payer's account with this host. It goes on from what the host remembers. A payer that it does not remember begins with what
 * is known of others' memory: everything paid or vouchered before counts as delivered, and no old voucher buys anything again.
 */
export class PayerAccount {
  readonly #parties: AccountParties
  readonly #limits: ExposureLimits
  readonly #keep: Keep
  /** By each key, the key in hex. */
  readonly #best = new Map<string, VerifiedVoucher>()
  #sight: EscrowSight
  /** Whether the host remembers it: it does once it has served it. */
  #isKept: boolean
  /** nanoTON that was ever paid or vouchered, also by a key that has ended since. */
  #mostVouchered: bigint
  /** By answers that have ended. */
  #delivered: bigint
  /** Of what was delivered, that of which no relay has stored the statement. */
  #unstored: bigint
  /** Of that, what earlier starts left. */
  #left: bigint
  #inFlight = 0n
  /**
   * What was under way when this host was killed. Nobody signed for it, so nobody owes it; it weighs on the credit until the
   * payer has vouchered as much again, so that no kill gives a new credit.
   */
  #lost: bigint

  constructor(parties: AccountParties, limits: ExposureLimits, { sight, known, kept, left, keep }: AccountBeginning) {
    this.#parties = parties
    this.#limits = limits
    this.#keep = keep
    this.#sight = sight
    this.#isKept = kept !== undefined
    this.#mostVouchered = sight.paid
    this.#lost = 0n
    for (const signed of [...known, ...(kept?.vouchers ?? [])]) {
      for (const voucher of ownVoucher(signed, { ...parties, voucherKeys: sight.voucherKeys })) this.#count(voucher)
    }
    // Whether they can still be claimed or not: what they paid for was delivered. A consumer signs less than a limit ahead of
    // that, so a record that says otherwise is older than what it tells of.
    const least = kept === undefined ? this.#mostVouchered : this.#mostVouchered - EXPOSURE_LIMITS.credit
    this.#left = smaller(left, kept?.unsettled ?? 0n)
    this.#unstored = this.#left
    this.#delivered = larger(kept?.delivered ?? 0n, least) + this.#left
    this.#lose((kept?.unsettled ?? 0n) - this.#left)
  }

  get sight(): EscrowSight {
    return this.#sight
  }

  /** Nothing is under way, and a relay has every statement. */
  get isIdle(): boolean {
    return this.#inFlight === 0n && this.#unstored === 0n
  }

  /** The chain alone says as much: whoever forgets this account loses nothing, and takes nothing from its payer. */
  get isSquare(): boolean {
    const { paid } = this.#sight
    return this.isIdle && this.#lost === 0n && this.#delivered === paid && this.#mostVouchered === paid
  }

  /** As much to within so little that a payer is forgotten rather than that another is refused. */
  get isNearlySquare(): boolean {
    const { paid } = this.#sight
    const open = [this.#lost, this.#delivered - paid, this.#mostVouchered - paid]
    return this.isIdle && open.every((sum) => -DUST < sum && sum < DUST)
  }

  see(sight: EscrowSight): void {
    if (sight.checkedAt < this.#sight.checkedAt) return
    this.#sight = sight
    this.#raise(sight.paid)
  }

  /** Takes a voucher on; one that is not above the best changes nothing. Refuses as `verifyVoucher` does. */
  take(signed: Uint8Array): void {
    const voucher = verifyVoucher(signed, { ...this.#parties, voucherKeys: this.#sight.voucherKeys })
    // The place for a payer is not to be had for a signature alone.
    if (this.#count(voucher) && this.#isKept) this.#keep(this.#record())
  }

  /** Whether a request is served; what it may come to is set aside, and written down, until `settle`. */
  admit(ask: PayerAsk): AdmissionPlan {
    const plan = this.#plan(ask)
    if (plan.kind !== 'serve') return plan
    this.#inFlight += plan.upTo
    if (this.#keep(this.#record())) {
      this.#isKept = true
      return plan
    }
    this.#inFlight -= plan.upTo
    return { kind: 'unkept' }
  }

  /** A request that was admitted for `upTo` has ended and costs `price`. The answer is to be called when a relay has its statement. */
  settle(upTo: bigint, price: bigint): () => void {
    this.#inFlight -= upTo
    this.#delivered += price
    this.#unstored += price
    return () => {
      this.#unstored -= price
      this.#keep(this.#record())
    }
  }

  /** The market has its word on a statement that an earlier start left. One that it refuses is as lost as one that was never signed. */
  settleLeft(price: bigint, isStored: boolean): void {
    const left = smaller(price, this.#left)
    this.#left -= left
    this.#unstored -= left
    if (!isStored) {
      this.#delivered -= left
      this.#lose(left)
    }
    this.#keep(this.#record())
  }

  standing(ask: PayerAsk): PayerStanding {
    const [delivered, inFlight, vouchered] = [this.#delivered, this.#inFlight, this.#vouchered(ask.now)]
    return { delivered, inFlight, vouchered, plan: this.#plan(ask) }
  }

  #plan({ voucherKey, maxPrice, now }: PayerAsk): ExposurePlan {
    const [delivered, inFlight, vouchered] = [this.#delivered, this.#inFlight, this.#vouchered(now) - this.#lost]
    const view = this.#sight.view(voucherKey)
    const plan = planExposure({ delivered, inFlight, vouchered }, view, { maxPrice, now }, this.#limits)
    if (plan.kind === 'serve' || plan.cumulative === undefined) return plan
    return { ...plan, cumulative: voucherWorth(plan.cumulative, this.#mostVouchered, this.#lost) }
  }

  /** What was paid, or more by a voucher that can be claimed in time: one by a key that is about to end is worth nothing. */
  #vouchered(now: number): bigint {
    const { paid, voucherKeys, view } = this.#sight
    const claimable = voucherKeys.filter((key) => now + this.#limits.claimMargin < view(key).claimableUntil)
    return claimable.map((key) => this.#best.get(encodeHex(key))?.cumulative ?? 0n).reduce(larger, paid)
  }

  /** Whether the voucher is above the best by its key. */
  #count(voucher: VerifiedVoucher): boolean {
    const name = encodeHex(voucher.signer)
    if (voucher.cumulative <= (this.#best.get(name)?.cumulative ?? 0n)) return false
    this.#best.set(name, voucher)
    this.#raise(voucher.cumulative)
    return true
  }

  /** Not more than the whole credit, also where some was paid ahead: a payer that signs for what it asks is never kept out. */
  #lose(amount: bigint): void {
    this.#lost = smaller(this.#lost + amount, larger(this.#limits.credit - 1n, 0n))
  }

  #raise(sum: bigint): void {
    const growth = sum - this.#mostVouchered
    if (growth <= 0n) return
    this.#mostVouchered = sum
    this.#lost = larger(this.#lost - growth, 0n)
  }

  #record(): PayerRecord {
    const best = this.#sight.voucherKeys.flatMap((key) => this.#best.get(encodeHex(key)) ?? [])
    return {
      delivered: this.#delivered - this.#unstored,
      unsettled: this.#inFlight + this.#lost + this.#unstored,
      vouchers: best.map(({ bytes, signature }) => concatBytes(bytes, signature))
    }
  }
}

/** The voucher after which vouchered less lost is `wanted`: what is above `most`, the best before, counts twice while something is lost. */
function voucherWorth(wanted: bigint, most: bigint, lost: bigint): bigint {
  if (wanted + lost <= most) return wanted + lost
  const cumulative = (wanted + lost + most + 1n) / 2n
  return cumulative - most <= lost ? cumulative : wanted
}

/** Vouchers of other payees, and what nobody signed, say nothing here. */
function ownVoucher(signed: Uint8Array, expected: VoucherExpectations): readonly VerifiedVoucher[] {
  try {
    return [verifyVoucher(signed, expected)]
  } catch (error) {
    if (error instanceof AttestationError) return []
    throw error
  }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** What is remembered once a statement that was left is stored, of a payer that has no account now. */
export function withDelivered(record: PayerRecord, price: bigint): PayerRecord {
  const settled = smaller(price, record.unsettled)
  return { ...record, delivered: record.delivered + settled, unsettled: record.unsettled - settled }
}

/** An account is the escrow's: a payer with two keys has one credit. */
export function accountName(escrow: Uint8Array): string {
  return encodeHex(escrow)
}
