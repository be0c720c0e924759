import type { Reservation } from '../../../contracts/escrow/consumer.ts'
import type { EscrowState } from '../../../contracts/escrow/state.ts'
import { accountOf } from '../../../contracts/escrow/terms.ts'
import { formatTon } from '../terminal/ton.ts'

export interface OrderWish {
  /** Undefined: not deployed yet. */
  readonly state: EscrowState | undefined
  /** nanoTON that the escrow has for new reservations, with what is deposited now. */
  readonly free: bigint
  /** nanoTON that each message brings beside that. */
  readonly attached: bigint
  /** Of 10,000. */
  readonly feeShare: number
  readonly reservations: readonly Reservation[]
}

/** Those that are not reserved already; or why the escrow would take them not. */
export type OrderStep =
  | { readonly kind: 'send'; readonly reservations: readonly Reservation[] }
  | { readonly kind: 'refuse'; readonly why: string }

/** Escrow.tolk's MAX_PAYEES. */
const MOST_PAYEES = 128

/** What of it is to be sent, so that nobody pays gas for what the escrow refuses. */
export function planOrder({ state, free, attached, feeShare, reservations }: OrderWish): OrderStep {
  if (state?.kind === 'closed') return { kind: 'refuse', why: 'the escrow is closed: another is wanted' }
  const entryOf = ({ payee }: Reservation) => state?.payees.get(accountOf(payee).toString('hex'))
  const raised = reservations.filter((one) => one.reserved > (entryOf(one)?.reserved ?? 0n))
  if (raised.length === 0) return { kind: 'send', reservations: raised }
  if (state?.closesAt !== undefined) return { kind: 'refuse', why: 'the escrow is closing: nothing can be reserved' }
  const payees = (state?.payees.size ?? 0) + raised.filter((one) => entryOf(one) === undefined).length
  if (payees > MOST_PAYEES) {
    return { kind: 'refuse', why: `an escrow has ${MOST_PAYEES} payees at most, not ${payees}: another is wanted` }
  }
  const withFee = (nano: bigint): bigint => nano + (nano * BigInt(feeShare)) / 10_000n
  const wanted = raised.reduce((sum, one) => sum + withFee(one.reserved) - withFee(entryOf(one)?.reserved ?? 0n), 0n)
  const there = free + attached * BigInt(raised.length)
  if (wanted <= there) return { kind: 'send', reservations: raised }
  const why = `${formatTon(wanted)} TON more are to be locked, fee included, and ${formatTon(there)} are free: \`bombyx pay deposit\``
  return { kind: 'refuse', why }
}
