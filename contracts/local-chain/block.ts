import { createHash } from 'node:crypto'
import { type Builder, beginCell, type Cell } from '@ton/core'
import { NETWORK_IDS } from '../networks.ts'
import { storeCoins } from './account-blocks.ts'
import { type CellDigest, merkleUpdate } from './cell-hash.ts'
import { type BlockRef, storeBlockRef, storeShardIdent } from './shard-state.ts'

/** What a block's header says. */
export interface BlockHeader {
  readonly workchain: 0 | -1
  readonly seqno: number
  readonly genUtime: number
  readonly startLt: bigint
  readonly endLt: bigint
  readonly previous: BlockRef
  /** The masterchain block that a shard's block builds on. */
  readonly master?: BlockRef
}

/** What is in it. */
export interface BlockContent {
  readonly accountBlocks: Cell
  readonly randSeed: Uint8Array
  /** nanoTON of all accounts before and after, and what fees took. */
  readonly flow: { readonly before: bigint; readonly after: bigint; readonly fees: bigint }
  /** `McBlockExtra` of a masterchain block. */
  readonly custom?: Cell
}

/** A block with the two hashes by which it is named. */
export interface EncodedBlock {
  readonly cell: Cell
  readonly boc: Buffer
  readonly rootHash: Buffer
  readonly fileHash: Buffer
}

/**
 * `block#11ef55aa`. The state update names the whole of both states by their hashes, as a Merkle update whose trees are
 * pruned at their roots.
 */
export function encodeBlock(
  header: BlockHeader,
  content: BlockContent,
  states: { readonly from: CellDigest; readonly to: CellDigest }
): EncodedBlock {
  const cell = beginCell()
    .storeUint(0x11ef55aa, 32)
    .storeInt(NETWORK_IDS.local, 32)
    .storeRef(encodeInfo(header))
    .storeRef(encodeValueFlow(content.flow))
    .storeRef(merkleUpdate(states.from, states.to))
    .storeRef(encodeExtra(content))
    .endCell()
  const boc = cell.toBoc({ idx: false, crc32: true })
  return { cell, boc, rootHash: cell.hash(0), fileHash: createHash('sha256').update(boc).digest() }
}

/** `block_info#9bc7a987` */
function encodeInfo({ workchain, seqno, genUtime, startLt, endLt, previous, master }: BlockHeader): Cell {
  const info = beginCell()
    .storeUint(0x9bc7a987, 32)
    .storeUint(0, 32)
    .storeBit(workchain !== -1)
  // after_merge … vert_seqno_incr, flags
  info.storeUint(0, 7).storeUint(0, 8).storeUint(seqno, 32).storeUint(0, 32)
  storeShardIdent(info, workchain).storeUint(genUtime, 32).storeUint(startLt, 64).storeUint(endLt, 64)
  // gen_validator_list_hash_short, gen_catchain_seqno, min_ref_mc_seqno, prev_key_block_seqno
  info
    .storeUint(0, 32)
    .storeUint(0, 32)
    .storeUint(master?.seqno ?? 0, 32)
    .storeUint(0, 32)
  if (master !== undefined) info.storeRef(storeBlockRef(beginCell(), master).endCell())
  return info.storeRef(storeBlockRef(beginCell(), previous).endCell()).endCell()
}

/** `value_flow#b8e48dfb` */
function encodeValueFlow({ before, after, fees }: BlockContent['flow']): Cell {
  const moved = coins(before, after, 0n, 0n)
  // What fees took is burnt: no validator collects it, and nothing is created.
  return storeCoins(beginCell().storeUint(0xb8e48dfb, 32).storeRef(moved), fees)
    .storeRef(coins(0n, 0n, 0n, 0n))
    .endCell()
}

function coins(...amounts: readonly bigint[]): Cell {
  return amounts.reduce<Builder>((cell, amount) => storeCoins(cell, amount), beginCell()).endCell()
}

/** `block_extra#4a33f6fd in_msg_descr out_msg_descr account_blocks rand_seed created_by custom` */
function encodeExtra({ accountBlocks, randSeed, custom }: BlockContent): Cell {
  return beginCell()
    .storeUint(0x4a33f6fd, 32)
    .storeRef(EMPTY_IN_MESSAGES)
    .storeRef(EMPTY_OUT_MESSAGES)
    .storeRef(accountBlocks)
    .storeBuffer(Buffer.from(randSeed))
    .storeBuffer(Buffer.alloc(32))
    .storeMaybeRef(custom ?? null)
    .endCell()
}

// HashmapAugE 256 InMsg ImportFees and HashmapAugE 256 OutMsg CurrencyCollection without entries: messages are found in transactions.
const EMPTY_IN_MESSAGES = storeCoins(beginCell().storeBit(0).storeCoins(0n), 0n).endCell()
const EMPTY_OUT_MESSAGES = storeCoins(beginCell().storeBit(0), 0n).endCell()

/** `masterchain_block_extra#cca5` of a block that is no key block. */
export function encodeMasterBlockExtra(shards: Cell): Cell {
  const rest = beginCell().storeUint(0, 1).storeUint(0, 2).endCell()
  const extra = beginCell().storeUint(0xcca5, 16).storeBit(0).storeMaybeRef(shards)
  // shard_fees: HashmapAugE 96 ShardFeeCreated, whose extra is fees and create
  return storeCoins(storeCoins(extra.storeBit(0), 0n), 0n)
    .storeRef(rest)
    .endCell()
}
