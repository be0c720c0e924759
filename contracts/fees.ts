import { beginCell, type Cell, Dictionary } from '@ton/core'

/**
 * What the basechain asks for storage, gas and messages: config parameters 18, 21 and 25. Prices per bit, cell and unit of gas
 * are in 2^-16 nanoTON, as the parameters have them. README.md says where the figures come from.
 */
export interface Fees {
  readonly storage: { readonly bit: bigint; readonly cell: bigint }
  readonly gas: { readonly flatPrice: bigint; readonly price: bigint }
  readonly forward: { readonly lump: bigint; readonly bit: bigint; readonly cell: bigint }
}

/** From 2024 to April 2026. */
export const FEES_2025: Fees = {
  storage: { bit: 1n, cell: 500n },
  gas: { flatPrice: 40_000n, price: 26_214_400n },
  forward: { lump: 400_000n, bit: 26_214_400n, cell: 2_621_440_000n }
}

/** Since the vote of April 2026: a sixth for gas and messages, cells alone pay for storage. */
export const FEES_2026: Fees = {
  storage: { bit: 0n, cell: 135n },
  gas: { flatPrice: 6_667n, price: 4_369_067n },
  forward: { lump: 66_667n, bit: 4_369_067n, cell: 436_906_667n }
}

const FLAT_GAS_LIMIT = 100
const GAS_LIMIT = 1_000_000n
const GAS_CREDIT = 10_000n
const BLOCK_GAS_LIMIT = 10_000_000n
const FREEZE_DUE_LIMIT = 100_000_000n
const DELETE_DUE_LIMIT = 1_000_000_000n
const MASTERCHAIN_STORAGE = { bit: 1_000n, cell: 500_000n }
/** What a relay of a message keeps of its price, in 2^-16; the same in both years. */
const FORWARD_FRACTION = 21_845
const IHR_PRICE_FACTOR = 98_304

/** The configuration (a dictionary of parameters, as `Blockchain.config` has it) with these fees instead of its own. */
export function withFees(config: Cell, fees: Fees): Cell {
  const parameters = Dictionary.loadDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell(), config)
  parameters.set(18, encodeStoragePrices(fees)).set(21, encodeGasPrices(fees)).set(25, encodeForwardPrices(fees))
  return beginCell().storeDictDirect(parameters).endCell()
}

/** The configuration of a network with this id (parameter 19): −239 mainnet, −3 testnet. */
export function withNetworkId(config: Cell, networkId: number): Cell {
  const parameters = Dictionary.loadDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell(), config)
  parameters.set(19, beginCell().storeInt(networkId, 32).endCell())
  return beginCell().storeDictDirect(parameters).endCell()
}

/** `_#cc utime_since:uint32 bit_price_ps cell_price_ps mc_bit_price_ps mc_cell_price_ps:uint64`, in a dictionary by number. */
function encodeStoragePrices({ storage }: Fees): Cell {
  const prices = beginCell().storeUint(0xcc, 8).storeUint(0, 32)
  for (const price of [storage.bit, storage.cell, MASTERCHAIN_STORAGE.bit, MASTERCHAIN_STORAGE.cell]) {
    prices.storeUint(price, 64)
  }
  const byNumber = Dictionary.empty(Dictionary.Keys.Uint(32), Dictionary.Values.BitString(prices.bits))
  return beginCell().storeDictDirect(byNumber.set(0, prices.endCell().bits)).endCell()
}

/** `gas_flat_pfx#d1 … gas_prices_ext#de …` */
function encodeGasPrices({ gas }: Fees): Cell {
  const prices = beginCell().storeUint(0xd1, 8).storeUint(FLAT_GAS_LIMIT, 64).storeUint(gas.flatPrice, 64)
  prices.storeUint(0xde, 8).storeUint(gas.price, 64)
  for (const limit of [GAS_LIMIT, GAS_LIMIT, GAS_CREDIT, BLOCK_GAS_LIMIT, FREEZE_DUE_LIMIT, DELETE_DUE_LIMIT]) {
    prices.storeUint(limit, 64)
  }
  return prices.endCell()
}

/** `msg_forward_prices#ea lump_price bit_price cell_price:uint64 ihr_price_factor:uint32 first_frac next_frac:uint16` */
function encodeForwardPrices({ forward }: Fees): Cell {
  const prices = beginCell().storeUint(0xea, 8)
  for (const price of [forward.lump, forward.bit, forward.cell]) prices.storeUint(price, 64)
  prices.storeUint(IHR_PRICE_FACTOR, 32).storeUint(FORWARD_FRACTION, 16).storeUint(FORWARD_FRACTION, 16)
  return prices.endCell()
}
