import type { Cell } from '@ton/core'
import { type Accounts, digestAccounts, encodeAccounts, type Kept, totalBalance } from './accounts.ts'
import { type CellDigest, digestOf, pruneCell } from './cell-hash.ts'
import {
  type BlockRef,
  encodeMasterExtra,
  encodeMasterState,
  encodeShardHashes,
  encodeShardState,
  type ShardTop
} from './shard-state.ts'

/** The chain as one masterchain block leaves it. */
export interface Tip {
  readonly master: MasterTop
  readonly shard: ShardTop
  /** The masterchain block on which the shard's block builds; undefined at its zero state. */
  readonly shardMaster: BlockRef | undefined
  readonly accounts: Accounts | undefined
  /** Internal messages that are still to be delivered. */
  readonly pending: readonly Cell[]
}

export interface MasterTop extends BlockRef {
  readonly startLt: bigint
  readonly genUtime: number
  readonly stateHash: Uint8Array
}

/** The shard's state, its accounts' dictionary pruned at its root or as far as `kept` says. */
export function shardStateOf(tip: Pick<Tip, 'shard' | 'shardMaster' | 'accounts'>, kept?: Kept): Cell {
  const { seqno, genUtime, endLt } = tip.shard
  const accounts = kept === undefined ? pruneCell(digestAccounts(tip.accounts)) : encodeAccounts(tip.accounts, kept)
  const header = { seqno, genUtime, genLt: endLt, balance: totalBalance(tip.accounts) }
  return encodeShardState(header, accounts, tip.shardMaster)
}

/** What a masterchain state is made of. */
export interface MasterStateParts {
  readonly seqno: number
  readonly genUtime: number
  readonly endLt: bigint
  readonly shard: ShardTop
  readonly balance: bigint
  readonly config: Cell
}

export function masterStateOf({ seqno, genUtime, endLt, shard, balance, config }: MasterStateParts): Cell {
  const extra = encodeMasterExtra(encodeShardHashes(shard), config, balance)
  return encodeMasterState({ seqno, genUtime, genLt: endLt, balance: 0n }, NO_MASTER_ACCOUNTS, extra)
}

export function masterPartsOf({ master, shard, accounts }: Tip, config: Cell): MasterStateParts {
  const { seqno, genUtime, endLt } = master
  return { seqno, genUtime, endLt, shard, balance: totalBalance(accounts), config }
}

const digests = new WeakMap<MasterTop | ShardTop, CellDigest>()

/** Keeps what a block's states hash to: the next begins with them. */
export function rememberDigests(
  tip: Tip,
  of: { readonly master: CellDigest; readonly shard: CellDigest | undefined }
): void {
  digests.set(tip.master, of.master)
  if (of.shard !== undefined) digests.set(tip.shard, of.shard)
}

export function digestShardState(tip: Tip): CellDigest {
  return digests.get(tip.shard) ?? digestOf(shardStateOf(tip))
}

export function digestMasterState(tip: Tip, config: Cell): CellDigest {
  return digests.get(tip.master) ?? digestOf(masterStateOf(masterPartsOf(tip, config)))
}

const NO_MASTER_ACCOUNTS = encodeAccounts(undefined, { path: () => true, account: () => undefined })
