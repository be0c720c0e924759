import { Address, beginCell, Cell, contractAddress } from '@ton/core'
import compiled from './Escrow.code.json' with { type: 'json' }

/** What never changes of an escrow, and makes its address. */
export interface EscrowTerms {
  /** The wallet that deposits, reserves and closes; in the basechain, as the market's. */
  readonly consumer: Address
  readonly market: Address
  /** Of 10,000, on top of what vouchers pay. */
  readonly feeShare: number
  /** Seconds that closing, releasing and the end of an old key wait; below 2^24, 194 days. */
  readonly delay: number
  /** Ed25519, 32 bytes. */
  readonly firstVoucherKey: Uint8Array
  /** TON's global id: -239 mainnet, -3 testnet. */
  readonly network: number
  /** Tells a consumer's escrows apart; 64 bits. */
  readonly nonce: bigint
}

export const ESCROW_CODE: Cell = Cell.fromBase64(compiled.code)
/** A day, in seconds. */
export const DEFAULT_DELAY = 86_400
const BASECHAIN = 0
const MOST_FEE = 10_000
const MOST_DELAY = 2 ** 24 - 1

/** Code and first data. Throws a TypeError for terms that no escrow can have. */
export function escrowInit(terms: EscrowTerms): { readonly code: Cell; readonly data: Cell } {
  checkTerms(terms)
  const data = beginCell()
    .storeUint(0, 32)
    .storeUint(terms.feeShare, 16)
    .storeCoins(0n)
    .storeCoins(0n)
    .storeUint(0, 8)
    .storeBuffer(Buffer.from(terms.firstVoucherKey))
    .storeBit(false)
    .storeBit(false)
    .storeRef(encodeTerms(terms))
  return { code: ESCROW_CODE, data: data.endCell() }
}

/** Where the escrow with these terms is, deployed or not; anybody can compute it. */
export function escrowAddress(terms: EscrowTerms): Address {
  return contractAddress(BASECHAIN, escrowInit(terms))
}

/** The account of a basechain address, 32 bytes. Throws a TypeError for an address elsewhere, which an escrow cannot pay. */
export function accountOf({ workChain, hash }: Address): Buffer {
  if (workChain !== BASECHAIN) throw new TypeError('an escrow knows accounts of the basechain alone')
  return hash
}

/** The basechain address of an account of 32 bytes. */
export function addressOf(account: Uint8Array): Address {
  return new Address(BASECHAIN, Buffer.from(account))
}

function encodeTerms(terms: EscrowTerms): Cell {
  return beginCell()
    .storeBuffer(accountOf(terms.consumer))
    .storeBuffer(accountOf(terms.market))
    .storeUint(terms.delay, 24)
    .storeBuffer(Buffer.from(terms.firstVoucherKey))
    .storeInt(terms.network, 32)
    .storeUint(terms.nonce, 64)
    .endCell()
}

/** Throws a TypeError for terms that no escrow can have. */
export function checkTerms({ feeShare, delay, firstVoucherKey }: EscrowTerms): void {
  if (!isWithin(feeShare, MOST_FEE)) throw new TypeError(`a fee of ${feeShare} of 10,000`)
  if (!isWithin(delay, MOST_DELAY)) throw new TypeError(`a delay of ${delay} s`)
  if (firstVoucherKey.byteLength !== 32) throw new TypeError('a voucher key is 32 bytes')
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most
}
