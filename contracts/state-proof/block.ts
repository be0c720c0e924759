import { type Cell, CellType, type Slice } from '@ton/core'
import { findInDictionary, int32Bits } from './dictionary.ts'

/** What a block's header says of it, as far as a proof shows it. */
export interface BlockFacts {
  /** TON's global id of the network that made it. */
  readonly networkId: number
  readonly workchain: number
  /** The shard's prefix, as a text of bits; empty for a whole workchain. */
  readonly shardPrefix: string
  readonly seqno: number
  /** Seconds since 1970. */
  readonly genUtime: number
  /** Hash of the state that the block leaves. */
  readonly stateHash: Uint8Array
}

/** What a shard's state says of itself, and its dictionary of accounts. */
export interface StateFacts {
  readonly networkId: number
  readonly workchain: number
  readonly shardPrefix: string
  readonly seqno: number
  readonly accounts: Cell
  /** `McStateExtra` of the masterchain's state. */
  readonly extra: Cell | undefined
}

/** A shard's block as the masterchain names it. */
export interface ShardFacts {
  readonly seqno: number
  readonly rootHash: Uint8Array
}

/** What a Merkle proof is of: its one child, whose hash at level 0 the cell itself has been checked to name. */
export function unwrapProof(cell: Cell): Cell {
  const [child] = cell.refs
  if (cell.type !== CellType.MerkleProof || child === undefined) throw new TypeError('not a Merkle proof')
  return child
}

/** `block#11ef55aa global_id info value_flow state_update extra` */
export function readBlock(block: Cell): BlockFacts {
  const slice = expectTag(block.beginParse(), 0x11ef55aa, 32)
  const networkId = slice.loadInt(32)
  const info = readBlockInfo(slice.loadRef())
  slice.loadRef()
  return { networkId, ...info, stateHash: readStateUpdate(slice.loadRef()) }
}

/** `block_info#9bc7a987`, up to the time. */
function readBlockInfo(cell: Cell): Omit<BlockFacts, 'networkId' | 'stateHash'> {
  const slice = expectTag(cell.beginParse(), 0x9bc7a987, 32)
  slice.skip(32)
  const notMaster = slice.loadBit()
  // after_merge … vert_seqno_incr, flags
  slice.skip(7 + 8)
  const seqno = slice.loadUint(32)
  slice.skip(32)
  const { workchain, shardPrefix } = readShardIdent(slice)
  if (notMaster === (workchain === -1)) throw new TypeError('the header is of two workchains')
  return { workchain, shardPrefix, seqno, genUtime: slice.loadUint(32) }
}

/** `merkle_update#04 old_hash new_hash`: the hash after. */
function readStateUpdate(cell: Cell): Uint8Array {
  if (cell.type !== CellType.MerkleUpdate) throw new TypeError('not a Merkle update')
  return cell
    .beginParse(true)
    .skip(8 + 256)
    .loadBuffer(32)
}

/** `shard_state#9023afe2` */
export function readState(state: Cell): StateFacts {
  const slice = expectTag(state.beginParse(), 0x9023afe2, 32)
  const networkId = slice.loadInt(32)
  const { workchain, shardPrefix } = readShardIdent(slice)
  const seqno = slice.loadUint(32)
  // vert_seq_no gen_utime gen_lt min_ref_mc_seqno, out_msg_queue_info
  slice.skip(32 + 32 + 64 + 32)
  slice.loadRef()
  slice.skip(1)
  const accounts = slice.loadRef()
  slice.loadRef()
  return { networkId, workchain, shardPrefix, seqno, accounts, extra: slice.loadMaybeRef() ?? undefined }
}

/** `shard_ident$00 shard_pfx_bits:(#<= 60) workchain_id:int32 shard_prefix:uint64` */
function readShardIdent(slice: Slice): { readonly workchain: number; readonly shardPrefix: string } {
  if (slice.loadUint(2) !== 0) throw new TypeError('not a shard')
  const length = slice.loadUint(6)
  const workchain = slice.loadInt(32)
  const prefix = slice.loadUintBig(64).toString(2).padStart(64, '0')
  if (length > 60) throw new TypeError('a shard has at most 60 bits')
  return { workchain, shardPrefix: prefix.slice(0, length) }
}

/** The newest block of the shard in which an account lies, from `masterchain_state_extra#cc26 shard_hashes …`. */
export function findShard(extra: Cell, workchain: number, key: string): ShardFacts | undefined {
  const shards = expectTag(extra.beginParse(), 0xcc26, 16).loadMaybeRef()
  const tree = shards === null ? undefined : findInDictionary(shards, int32Bits(workchain))?.loadRef()
  if (tree === undefined) return undefined
  let slice = tree.beginParse()
  for (let depth = 0; slice.loadBit(); depth += 1) {
    if (depth === 60) throw new TypeError('a shard has at most 60 bits')
    const [left, right] = [slice.loadRef(), slice.loadRef()]
    slice = (key[depth] === '0' ? left : right).beginParse()
  }
  return readShardDescription(slice)
}

/** `shard_descr#b` or `shard_descr_new#a seq_no reg_mc_seqno start_lt end_lt root_hash …` */
function readShardDescription(slice: Slice): ShardFacts {
  const tag = slice.loadUint(4)
  if (tag !== 0xa && tag !== 0xb) throw new TypeError('not a shard description')
  const seqno = slice.loadUint(32)
  slice.skip(32 + 64 + 64)
  return { seqno, rootHash: slice.loadBuffer(32) }
}

function expectTag(slice: Slice, tag: number, bits: number): Slice {
  if (slice.loadUint(bits) !== tag) throw new TypeError(`tag ${tag.toString(16)} is wanted`)
  return slice
}
