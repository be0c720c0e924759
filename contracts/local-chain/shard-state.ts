import { type Builder, beginCell, type Cell } from '@ton/core'
import { WHOLE_SHARD } from '../answer.ts'
import { NETWORK_IDS } from '../networks.ts'
import { storeCoins } from './account-blocks.ts'

/** A block that another refers to. */
export interface BlockRef {
  readonly seqno: number
  readonly endLt: bigint
  readonly rootHash: Uint8Array
  readonly fileHash: Uint8Array
}

/** What a state says beside its accounts. */
export interface StateHeader {
  readonly seqno: number
  readonly genUtime: number
  readonly genLt: bigint
  /** nanoTON */
  readonly balance: bigint
}

/** A shard's newest block as the masterchain names it. */
export interface ShardTop extends BlockRef {
  readonly startLt: bigint
  readonly genUtime: number
  /** The first masterchain block that names it. */
  readonly regMcSeqno: number
}

const NETWORK_ID = NETWORK_IDS.local

/** `shard_state#9023afe2` of workchain 0, which has one shard. */
export function encodeShardState(header: StateHeader, accounts: Cell, master: BlockRef | undefined): Cell {
  return beginState(header, 0, accounts).storeRef(encodeTotals(header.balance, master)).storeBit(0).endCell()
}

/** The same of the masterchain, with `McStateExtra`. It has no accounts here. */
export function encodeMasterState(header: StateHeader, accounts: Cell, extra: Cell): Cell {
  return beginState(header, -1, accounts).storeRef(encodeTotals(0n, undefined)).storeMaybeRef(extra).endCell()
}

function beginState({ seqno, genUtime, genLt }: StateHeader, workchain: number, accounts: Cell): Builder {
  const state = beginCell().storeUint(0x9023afe2, 32).storeInt(NETWORK_ID, 32)
  return storeShardIdent(state, workchain)
    .storeUint(seqno, 32)
    .storeUint(0, 32)
    .storeUint(genUtime, 32)
    .storeUint(genLt, 64)
    .storeUint(workchain === -1 ? 0xffffffff : 0, 32)
    .storeRef(EMPTY_QUEUE)
    .storeBit(0)
    .storeRef(accounts)
}

/** `out_queue` (HashmapAugE 352 EnqueuedMsg uint64), `proc_info` and `ihr_pending`, all empty. */
const EMPTY_QUEUE = beginCell().storeBit(0).storeUint(0, 64).storeBit(0).storeBit(0).endCell()

/** `overload_history underload_history total_balance total_validator_fees libraries master_ref` */
function encodeTotals(balance: bigint, master: BlockRef | undefined): Cell {
  const totals = storeCoins(storeCoins(beginCell().storeUint(0, 64).storeUint(0, 64), balance), 0n).storeBit(0)
  if (master === undefined) return totals.storeBit(0).endCell()
  return storeBlockRef(totals.storeBit(1), master).endCell()
}

/** `masterchain_state_extra#cc26`; validators and previous blocks are left empty. */
export function encodeMasterExtra(shards: Cell, config: Cell, balance: bigint): Cell {
  // flags:(## 16) validator_info(32, 32, 1) prev_blocks:OldMcBlocksInfo(0, key, max_end_lt) after_key_block last_key_block
  const details = beginCell()
    .storeUint(0, 16)
    .storeUint(0, 65)
    .storeUint(0, 1 + 1 + 64)
    .storeBit(0)
    .storeBit(0)
  return storeCoins(
    beginCell()
      .storeUint(0xcc26, 16)
      .storeMaybeRef(shards)
      .storeBuffer(CONFIG_ADDRESS)
      .storeRef(config)
      .storeRef(details.endCell()),
    balance
  ).endCell()
}

const CONFIG_ADDRESS = Buffer.alloc(32, 0x55)

/** The root of `ShardHashes` (Hashmap 32 ^(BinTree ShardDescr)): workchain 0 alone, its one shard a leaf. */
export function encodeShardHashes(top: ShardTop): Cell {
  // hml_same: the 32 bits of workchain 0 are zeros.
  return beginCell().storeUint(0b110, 3).storeUint(32, 6).storeRef(encodeShardTop(top)).endCell()
}

/** `bt_leaf$0` and `shard_descr_new#a` */
function encodeShardTop(top: ShardTop): Cell {
  const leaf = beginCell().storeBit(0).storeUint(0xa, 4).storeUint(top.seqno, 32).storeUint(top.regMcSeqno, 32)
  leaf.storeUint(top.startLt, 64).storeUint(top.endLt, 64)
  leaf.storeBuffer(Buffer.from(top.rootHash)).storeBuffer(Buffer.from(top.fileHash))
  // before_split … nx_cc_updated and flags; next_catchain_seqno, next_validator_shard, min_ref_mc_seqno
  leaf.storeUint(0, 8).storeUint(0, 32).storeUint(WHOLE_SHARD_BITS, 64).storeUint(0, 32)
  // fsm_none, then fees_collected and funds_created
  leaf.storeUint(top.genUtime, 32).storeBit(0)
  return leaf.storeRef(storeCoins(storeCoins(beginCell(), 0n), 0n).endCell()).endCell()
}

const WHOLE_SHARD_BITS = BigInt.asUintN(64, WHOLE_SHARD)

/** `shard_ident$00 shard_pfx_bits:(#<= 60) workchain_id:int32 shard_prefix:uint64` of a whole workchain. */
export function storeShardIdent(cell: Builder, workchain: number): Builder {
  return cell.storeUint(0, 2).storeUint(0, 6).storeInt(workchain, 32).storeUint(0, 64)
}

/** `ext_blk_ref$_ end_lt:uint64 seq_no:uint32 root_hash:bits256 file_hash:bits256` */
export function storeBlockRef(cell: Builder, { endLt, seqno, rootHash, fileHash }: BlockRef): Builder {
  return cell
    .storeUint(endLt, 64)
    .storeUint(seqno, 32)
    .storeBuffer(Buffer.from(rootHash))
    .storeBuffer(Buffer.from(fileHash))
}
