import { ed25519PublicBytes, type PrivateKey, verifyEd25519 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { coverRoot, signCovered } from '../../../attestation/receipt/cover.ts'
import { planVoucher, type VoucherPlan } from '../../../attestation/receipt/exposure.ts'
import { parseVoucher, signVoucher } from '../../../attestation/receipt/voucher.ts'
import type { ClientEventListener } from '../events.ts'
import type { PayingRelay, PaymentStatus } from '../relays/relay-port.ts'
import type { CoverBook } from './cover-book.ts'
import { type PayeeCover, payeeName, withoutPending } from './covers.ts'
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

/** nanoTON. */
export interface VoucherWish {
  /** Of the host that is to be paid: its keyset's. */
  readonly digest: Uint8Array
  /** Statements taken on at the same time. */
  readonly take?: (state: PayeeCover) => PayeeCover
  /** Sum of the voucher; absent: what is owed. */
  readonly wanted?: bigint
  /** The most that requests under way may come to. */
  readonly inFlight: bigint
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

  /** Signs up to what is wanted; that and what was taken on is one write. A text says why nothing is signed. */
  async sign(payee: Uint8Array, wish: VoucherWish): Promise<string | undefined> {
    const { escrow, book } = this.#context
    const reserved = await escrow.readReserved(payee)
    const voucherKey = await escrow.readVoucherKey()
    let refusal: string | undefined
    await book.change(payee, (before) => {
      const state = { ...(wish.take?.(before) ?? before), host: wish.digest }
      const wanted = wish.wanted ?? state.cover.owed
      const plan = planFor(state, wanted, { reserved, inFlight: wish.inFlight })
      if (plan.kind !== 'refuse') return signed(state, plan, { escrow: escrow.escrow, payee, voucherKey })
      refusal = plan.reason === 'reservation' ? 'the reservation is used up' : `${wanted} is not owed`
      return state
    })
    return refusal
  }

  /** Gives the last voucher, with what vouchers cover that the market does not have. Undefined before the first. */
  async give(digest: Uint8Array, payee: Uint8Array, maxPrice: bigint): Promise<PaymentStatus | undefined> {
    const { escrow, book, relay, onEvent } = this.#context
    // Whatever is still being written is on disk before it leaves.
    const { voucher, pending, vouchered } = await book.change(payee, (state) => state)
    if (voucher === null) return undefined
    const covered = pending.slice(0, MOST_COVERED)
    const coveredSignature = signCovered(voucher, covered, await escrow.readVoucherKey())
    const gift = { keysetDigest: digest, escrow: escrow.escrow, maxPrice }
    const status = await relay.giveVoucher({ ...gift, voucher: { voucher, covered, coveredSignature } })
    if (status.isStored) await book.change(payee, (state) => withoutPending(state, covered))
    const host = encodeHex(digest)
    onEvent({ kind: 'voucher-given', host, payee: payeeName(payee), cumulative: vouchered, covered })
    return status
  }
}

interface Means {
  readonly reserved: bigint
  readonly inFlight: bigint
}

function planFor({ cover, vouchered }: PayeeCover, wanted: bigint, { reserved, inFlight }: Means): VoucherPlan {
  const cumulative = wanted > reserved && vouchered < reserved ? reserved : wanted
  return planVoucher({ owed: cover.owed, inFlight, vouchered, reserved }, cumulative)
}

interface Signing {
  /** Accounts, 32 bytes each. */
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
  readonly voucherKey: PrivateKey
}

/** With the voucher that the plan wants; where none is wanted, as it is. */
function signed(state: PayeeCover, plan: VoucherPlan, { escrow, payee, voucherKey }: Signing): PayeeCover {
  // What a key signed that the escrow has changed since is worth nothing after its end.
  if (plan.kind !== 'sign' && isSignedBy(state.voucher, voucherKey)) return state
  const cumulative = plan.kind === 'sign' ? plan.cumulative : state.vouchered
  const voucher = signVoucher({ escrow, payee, cumulative, usageRoot: coverRoot(state.cover) }, voucherKey)
  return { ...state, vouchered: cumulative, voucher }
}

/** True where there is none. */
function isSignedBy(voucher: Uint8Array | null, voucherKey: PrivateKey): boolean {
  if (voucher === null) return true
  const { bytes, signature } = parseVoucher(voucher)
  return verifyEd25519(ed25519PublicBytes(voucherKey), bytes, signature)
}
