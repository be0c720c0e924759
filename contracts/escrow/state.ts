import { type Address, beginCell, type Cell, Dictionary, type Slice } from '@ton/core'
import { ContractError } from '../errors.ts'
import { FEES_2026, type Fees } from '../fees.ts'
import { unfoldsWithin } from '../state-proof/boc.ts'
import { accountOf, addressOf, checkTerms, ESCROW_CODE, type EscrowTerms, escrowAddress } from './terms.ts'

/** nanoTON. */
export interface PayeeState {
  /** All that was ever reserved for it, what is paid included. */
  readonly reserved: bigint
  /** All that it was ever paid. */
  readonly paid: bigint
  /** A release that waits: what `reserved` falls to (never below `paid`), and from which second. */
  readonly pending?: { readonly to: bigint; readonly at: number }
}

export interface OpenEscrow {
  readonly kind: 'open'
  readonly terms: EscrowTerms
  /** Unix seconds from which it may be closed; absent where nobody asked. */
  readonly closesAt?: number
  /** nanoTON that vouchers can still take, fee included. */
  readonly locked: bigint
  /** nanoTON of the market's, not collected yet. */
  readonly feeDue: bigint
  readonly voucherKey: Uint8Array
  /** Signs before `until`, unix seconds. */
  readonly oldKey?: { readonly key: Uint8Array; readonly until: number }
  /** By the hex of a payee's account. */
  readonly payees: ReadonlyMap<string, PayeeState>
}

/** What `close` leaves; it cannot become anything else. */
export type EscrowState = OpenEscrow | { readonly kind: 'closed' }

/** An escrow's data with 128 payees has 257. */
const MOST_CELLS = 512
/** What a fee share is a part of. */
const MOST_FEE = 10_000n
const CLAIM_GAS = 9_700n
const GAS_A_LEVEL = 700n
// Escrow.tolk asks for so much gas beyond what it has used when it looks.
const TAIL_GAS = 3_000n

// Escrow.tolk's closedCode: throw 104, in the long form of the instruction (11 bits after f2c4_).
const CLOSED_CODE = beginCell().storeUint(0xf2c068, 24).endCell()

/**
 * Reads an account's code and data as the chain has them, and checks in this order: the code, the layout, and that the terms in
 * it make this address, without which any account could claim any terms. Refuses with ESCROW_CODE_UNKNOWN,
 * ESCROW_STATE_MALFORMED or ESCROW_ADDRESS_MISMATCH. That a closed account was an escrow, only its address can say.
 */
export function parseEscrow(
  address: Address,
  { code, data }: { readonly code: Cell; readonly data: Cell }
): EscrowState {
  if (code.equals(CLOSED_CODE)) return { kind: 'closed' }
  if (!code.equals(ESCROW_CODE))
    throw new ContractError('ESCROW_CODE_UNKNOWN', `${code.hash().toString('hex')} is no escrow's code`)
  const state = readState(data)
  if (!escrowAddress(state.terms).equals(address)) {
    throw new ContractError('ESCROW_ADDRESS_MISMATCH', `terms of ${escrowAddress(state.terms)} at ${address}`)
  }
  return state
}

/** What a host needs to know before it gives credit: the trust core's `EscrowView`, of what was seen at `checkedAt`. */
export interface PayeeView {
  readonly checkedAt: number
  readonly isClosing: boolean
  readonly reserved: bigint
  readonly claimableUntil: number
}

/**
 * How far a payee can count on its best voucher, signed by `voucherKey`. A release that waits counts as done. An escrow that
 * was seen open stays so for the delay; a key that is not the escrow's any more, or that it never had, is worth nothing.
 */
export function viewEscrow(
  state: EscrowState,
  payee: Address,
  { checkedAt, voucherKey }: { readonly checkedAt: number; readonly voucherKey: Uint8Array }
): PayeeView {
  if (state.kind === 'closed') return { checkedAt, isClosing: true, reserved: 0n, claimableUntil: 0 }
  const entry = state.payees.get(accountOf(payee).toString('hex'))
  return {
    checkedAt,
    isClosing: state.closesAt !== undefined,
    reserved: entry === undefined ? 0n : liveReservation(entry),
    claimableUntil: Math.min(state.closesAt ?? checkedAt + state.terms.delay, signsUntil(state, checkedAt, voucherKey))
  }
}

/**
 * At most the gas that a claim for the payee uses. Others whose accounts begin alike lie above it in the dictionary, 700 of gas
 * each, so that a consumer who makes them alike makes a claim dearer: up to 100,000.
 */
export function claimGas(state: OpenEscrow, payee: Address): bigint {
  const own = accountOf(payee)
  const shared = [...state.payees.keys()].map((account) => sharedBits(own, Buffer.from(account, 'hex')))
  return CLAIM_GAS + GAS_A_LEVEL * BigInt(new Set(shared).size)
}

/**
 * nanoTON that a claim for the payee needs to carry, gas and the payment's way, with a half more for what the chain may ask
 * tomorrow: what is left of it is the payee's. Where fees have risen beyond that it is refused with exit 126, and `ATTACHED` does.
 */
export function claimValue(state: OpenEscrow, payee: Address, { gas, forward }: Fees = FEES_2026): bigint {
  const asked = ((claimGas(state, payee) + TAIL_GAS) * gas.price) / 65_536n + forward.lump
  return (asked * 3n) / 2n
}

function sharedBits(a: Buffer, b: Buffer): number {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at < 0 ? a.length * 8 : at * 8 + Math.clz32((a[at] as number) ^ (b[at] as number)) - 24
}

function liveReservation({ reserved, paid, pending }: PayeeState): bigint {
  if (pending === undefined) return reserved
  return pending.to > paid ? pending.to : paid
}

/** What a consumer may sign for whom: nanoTON, in all and ever. A release that waits counts as done. */
export function reservationsOf(
  state: EscrowState
): readonly { readonly payee: Uint8Array; readonly reserved: bigint }[] {
  if (state.kind === 'closed') return []
  return [...state.payees].map(([account, entry]) => ({
    payee: Buffer.from(account, 'hex'),
    reserved: liveReservation(entry)
  }))
}

/** The market's fee on all that was paid, and what of it was collected: nanoTON, ever. */
export function feesOf({ payees, terms, feeDue }: OpenEscrow): {
  readonly accrued: bigint
  readonly collected: bigint
} {
  const accrued = [...payees.values()].reduce((sum, { paid }) => sum + (paid * BigInt(terms.feeShare)) / MOST_FEE, 0n)
  return { accrued, collected: accrued - feeDue }
}

/** The keys whose vouchers it pays at `now`, unix seconds. */
export function signingKeys({ voucherKey, oldKey }: OpenEscrow, now: number): readonly Uint8Array[] {
  return oldKey !== undefined && now < oldKey.until ? [voucherKey, oldKey.key] : [voucherKey]
}

function signsUntil({ voucherKey: current, oldKey, terms }: OpenEscrow, checkedAt: number, key: Uint8Array): number {
  if (Buffer.compare(current, key) === 0) return checkedAt + terms.delay
  return oldKey !== undefined && Buffer.compare(oldKey.key, key) === 0 ? oldKey.until : 0
}

// Anybody can deploy this code with data of their own: nothing of it is believed before its address is compared.
function readState(data: Cell): OpenEscrow {
  if (!unfoldsWithin([data], MOST_CELLS)) throw new ContractError('ESCROW_STATE_MALFORMED', 'more than an escrow holds')
  try {
    const slice = data.beginParse()
    const closesAt = slice.loadUint(32)
    const feeShare = slice.loadUint(16)
    const [locked, feeDue] = [slice.loadCoins(), slice.loadCoins()]
    const count = slice.loadUint(8)
    const voucherKey = readKey(slice)
    const oldKey = slice.loadBit() ? { key: readKey(slice), until: slice.loadUint(32) } : undefined
    const payees = slice.loadDict(Dictionary.Keys.Buffer(32), { serialize: () => {}, parse: readPayee })
    const terms = readTerms(slice.loadRef(), feeShare)
    slice.endParse()
    if (payees.size !== count) throw new RangeError(`${payees.size} payees, counted as ${count}`)
    return {
      kind: 'open',
      terms,
      locked,
      feeDue,
      voucherKey,
      ...(closesAt !== 0 && { closesAt }),
      ...(oldKey !== undefined && { oldKey }),
      payees: new Map([...payees].map(([account, payee]) => [account.toString('hex'), payee]))
    }
  } catch (cause) {
    throw new ContractError('ESCROW_STATE_MALFORMED', 'not the data of an escrow', { cause })
  }
}

function readTerms(cell: Cell, feeShare: number): EscrowTerms {
  const slice = cell.beginParse()
  const terms = {
    consumer: addressOf(slice.loadBuffer(32)),
    market: addressOf(slice.loadBuffer(32)),
    feeShare,
    delay: slice.loadUint(24),
    firstVoucherKey: readKey(slice),
    network: slice.loadInt(32),
    nonce: slice.loadUintBig(64)
  }
  slice.endParse()
  checkTerms(terms)
  return terms
}

function readPayee(slice: Slice): PayeeState {
  const [reserved, paid] = [slice.loadCoins(), slice.loadCoins()]
  const pending = slice.loadBit() ? { to: slice.loadCoins(), at: slice.loadUint(32) } : undefined
  return { reserved, paid, ...(pending !== undefined && { pending }) }
}

function readKey(slice: Slice): Uint8Array {
  return new Uint8Array(slice.loadBuffer(32))
}
