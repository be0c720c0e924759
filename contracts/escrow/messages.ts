import { type Address, beginCell, type Cell } from '@ton/core'
import { ContractError } from '../errors.ts'
import { accountOf } from './terms.ts'

/** What each message of an escrow begins with; escrow.tlb has the layouts. */
export const ESCROW_OPS = {
  reserve: 0x45530001,
  askRelease: 0x45530002,
  release: 0x45530003,
  changeKey: 0x45530004,
  claim: 0x45530005,
  collectFee: 0x45530006,
  askClose: 0x45530007,
  close: 0x45530008,
  payout: 0x45530101,
  fee: 0x45530102,
  rest: 0x45530103
} as const

/** The exit codes that a refused message names; errors.tolk says them to the contract. */
export const ESCROW_EXITS = {
  NOT_CONSUMER: 100,
  NOT_MARKET: 101,
  WRONG_CHAIN: 102,
  CLOSING: 103,
  CLOSED: 104,
  TOO_EARLY: 105,
  NOT_A_RAISE: 110,
  TOO_MANY_PAYEES: 111,
  NOT_COVERED: 112,
  NO_RELEASE: 113,
  KEY_CHANGING: 114,
  VOUCHER_MALFORMED: 120,
  VOUCHER_FOREIGN: 121,
  VOUCHER_UNSIGNED: 122,
  PAYEE_UNKNOWN: 123,
  NOTHING_TO_PAY: 124,
  UNFUNDED: 125,
  VALUE_TOO_LOW: 126,
  UNKNOWN_MESSAGE: 0xffff
} as const

const VOUCHER_BYTES = 127
const SIGNATURE_BYTES = 64

/** Brings what was ever reserved for the payee up to `reserved` nanoTON; from the consumer. */
export function encodeReserve(payee: Address, reserved: bigint): Cell {
  return begin('reserve').storeBuffer(accountOf(payee)).storeCoins(reserved).endCell()
}

/** Asks to bring a payee's reservation down to `to` nanoTON, what it was paid included; from the consumer. */
export function encodeAskRelease(payee: Address, to: bigint): Cell {
  return begin('askRelease').storeBuffer(accountOf(payee)).storeCoins(to).endCell()
}

/** Ends a release that was asked for the delay ago; from the consumer. */
export function encodeRelease(payee: Address): Cell {
  return begin('release').storeBuffer(accountOf(payee)).endCell()
}

/** The key of 32 bytes signs at once, the old one until the delay is over; from the consumer. */
export function encodeChangeKey(voucherKey: Uint8Array): Cell {
  if (voucherKey.byteLength !== 32) throw new TypeError('a voucher key is 32 bytes')
  return begin('changeKey').storeBuffer(Buffer.from(voucherKey)).endCell()
}

/** Pays what a voucher adds to its payee; from anybody. Takes the voucher and its signature, 191 bytes as they travel. */
export function encodeClaim(signedVoucher: Uint8Array): Cell {
  if (signedVoucher.byteLength !== VOUCHER_BYTES + SIGNATURE_BYTES) {
    throw new TypeError(`a signed voucher is 191 bytes, not ${signedVoucher.byteLength}`)
  }
  const voucher = beginCell()
    .storeBuffer(Buffer.from(signedVoucher.subarray(0, VOUCHER_BYTES)))
    .endCell()
  return begin('claim')
    .storeBuffer(Buffer.from(signedVoucher.subarray(VOUCHER_BYTES)))
    .storeRef(voucher)
    .endCell()
}

/** Pays the market the fee that is due; from the market. */
export function encodeCollectFee(): Cell {
  return begin('collectFee').endCell()
}

/** Begins the delay after which the consumer may close; from the consumer, once and for good. */
export function encodeAskClose(): Cell {
  return begin('askClose').endCell()
}

/** Ends the escrow and sends the consumer what is left; from the consumer, after the delay. */
export function encodeClose(): Cell {
  return begin('close').endCell()
}

/** What an escrow says when it pays: nanoTON, beside which the message returns what a sender attached beyond its fees. */
export type EscrowPayment =
  | { readonly kind: 'payout'; readonly amount: bigint; readonly paid: bigint }
  | { readonly kind: 'fee'; readonly amount: bigint }
  | { readonly kind: 'rest' }

/**
 * Reads the body of a message from an escrow. That it is from one, the sender's address says. Refuses with
 * ESCROW_MESSAGE_MALFORMED.
 */
export function parsePayment(body: Cell): EscrowPayment {
  try {
    const slice = body.beginParse()
    const op = slice.loadUint(32)
    const payment = readPayment(op, () => slice.loadCoins())
    slice.endParse()
    if (payment !== undefined) return payment
  } catch (cause) {
    throw new ContractError('ESCROW_MESSAGE_MALFORMED', 'the body is cut off or too long', { cause })
  }
  throw new ContractError('ESCROW_MESSAGE_MALFORMED', 'no payment of an escrow')
}

function readPayment(op: number, coins: () => bigint): EscrowPayment | undefined {
  if (op === ESCROW_OPS.payout) return { kind: 'payout', amount: coins(), paid: coins() }
  if (op === ESCROW_OPS.fee) return { kind: 'fee', amount: coins() }
  return op === ESCROW_OPS.rest ? { kind: 'rest' } : undefined
}

function begin(op: keyof typeof ESCROW_OPS) {
  return beginCell().storeUint(ESCROW_OPS[op], 32)
}
