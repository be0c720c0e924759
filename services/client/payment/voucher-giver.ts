import { ed25519PublicBytes, type PrivateKey, verifyEd25519 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { coverRoot, signCovered } from '../../../attestation/receipt/cover.ts'
import { planVoucher, type VoucherPlan } from '../../../attestation/receipt/exposure.ts'
import { parseVoucher, signVoucher } from '../../../attestation/receipt/voucher.ts'
import type { ClientEventListener } from '../events.ts'
import type { PayingRelay, PaymentStatus } from '../relays/relay-port.ts'
import type { CoverBook } from './cover-book.ts'
import { type PayeeCover, payeeName } from './covers.ts'
import type { EscrowPromise } from './host-terms.ts'

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

/** A host, the payee that it names, and what this consumer has with it, be it written already or not. */
export interface PayeeAccount {
  /** Of the host's keyset. */
  readonly digest: Uint8Array
  readonly payee: Uint8Array
  readonly state: PayeeCover
}

/** nanoTON. */
export interface VoucherWish {
  /** Sum of the voucher. */
  readonly wanted: bigint
  /** The most that requests under way may come to. */
  readonly inFlight: bigint
  /** Of the request that the host is asked about; 0: any. */
  readonly maxPrice: bigint
}

export interface VoucherGiverContext {
  readonly escrow: PayingEscrow
  readonly book: CoverBook
  readonly relay: Pick<PayingRelay, 'giveVoucher'>
  readonly onEvent: ClientEventListener
}

const MOST_COVERED = 1024

/** Signs vouchers, writes them down, and gives them to hosts. */
export class VoucherGiver {
  readonly #context: VoucherGiverContext

  constructor(context: VoucherGiverContext) {
    this.#context = context
  }

  /**
   * Signs up to what is wanted and gives it, with what an earlier voucher covered that the market does not have. What the account has
   * is written in any case. A text says why nothing is signed.
   */
  async pay(
    account: PayeeAccount,
    { wanted, inFlight, maxPrice }: VoucherWish
  ): Promise<PaymentStatus | string | undefined> {
    const { payee, state } = account
    const { escrow, book } = this.#context
    const reserved = await escrow.readReserved(payee)
    const cumulative = wanted > reserved && state.vouchered < reserved ? reserved : wanted
    const plan = planVoucher({ owed: state.cover.owed, inFlight, vouchered: state.vouchered, reserved }, cumulative)
    const next = await this.#signed(account, plan)
    if (next !== (await book.of(payee))) await book.keep(payee, next)
    if (plan.kind !== 'refuse') return this.#give({ ...account, state: next }, maxPrice)
    return plan.reason === 'reservation' ? 'the reservation is used up' : `${wanted} is not owed`
  }

  /** With the voucher that the plan wants; where none is wanted, as it is. */
  async #signed({ payee, state }: PayeeAccount, plan: VoucherPlan): Promise<PayeeCover> {
    if (plan.kind === 'refuse') return state
    const { escrow, readVoucherKey } = this.#context.escrow
    const voucherKey = await readVoucherKey()
    // What a key signed that the escrow has changed since is worth nothing after its end.
    if (plan.kind === 'enough' && isSignedBy(state.voucher, voucherKey)) return state
    const cumulative = plan.kind === 'sign' ? plan.cumulative : state.vouchered
    const voucher = signVoucher({ escrow, payee, cumulative, usageRoot: coverRoot(state.cover) }, voucherKey)
    return { ...state, vouchered: cumulative, voucher }
  }

  async #give({ digest, payee, state }: PayeeAccount, maxPrice: bigint): Promise<PaymentStatus | undefined> {
    const { escrow, book, relay, onEvent } = this.#context
    const { voucher, pending, vouchered } = state
    if (voucher === null) return undefined
    const covered = pending.slice(0, MOST_COVERED)
    const coveredSignature = signCovered(voucher, covered, await escrow.readVoucherKey())
    const gift = { keysetDigest: digest, escrow: escrow.escrow, maxPrice }
    const status = await relay.giveVoucher({ ...gift, voucher: { voucher, covered, coveredSignature } })
    if (status.isStored) await book.keep(payee, { ...state, pending: pending.slice(covered.length) })
    const host = encodeHex(digest)
    onEvent({ kind: 'voucher-given', host, payee: payeeName(payee), cumulative: vouchered, covered })
    return status
  }
}

/** True where there is none. */
function isSignedBy(voucher: Uint8Array | null, voucherKey: PrivateKey): boolean {
  if (voucher === null) return true
  const { bytes, signature } = parseVoucher(voucher)
  return verifyEd25519(ed25519PublicBytes(voucherKey), bytes, signature)
}
