import type { Cell } from '@ton/core'
import { encodeAccountBlocks } from './account-blocks.ts'
import { totalBalance } from './accounts.ts'
import { encodeBlock, encodeMasterBlockExtra } from './block.ts'
import { type CellDigest, digestOf } from './cell-hash.ts'
import type { ChangedAccount, Collation } from './collate.ts'
import { applyAccounts, nextTip } from './ledger.ts'
import { type BlockRecord, encodeRecord } from './record.ts'
import { encodeShardHashes } from './shard-state.ts'
import { digestMasterState, digestShardState, masterStateOf, rememberDigests, shardStateOf, type Tip } from './tip.ts'

/** A block that is ready to be written. */
export interface ProducedBlock {
  readonly record: BlockRecord
  readonly body: Buffer
  readonly tip: Tip
}

export interface BlockInput {
  readonly before: Tip
  /** Undefined: an empty masterchain block. */
  readonly collation: Collation | undefined
  readonly startLt: bigint
  readonly now: number
  readonly seed: Buffer
  readonly config: Cell
  /** Where the body will be. */
  readonly position: number
}

/** Logical times of blocks begin at multiples of it, as on mainnet. */
const LT_STEP = 1_000_000n

/** The first logical time of a block after `lt`. */
export function nextBlockLt(lt: bigint): bigint {
  return (lt / LT_STEP + 1n) * LT_STEP
}

/** Makes the shard block, if anything ran, and the masterchain block that names it. Pure: nothing is written. */
export function produceBlock(input: BlockInput): ProducedBlock {
  const { before, collation } = input
  const parts = collation === undefined ? undefined : produceShard(input, collation)
  const tip = parts?.tip ?? before
  const startLt = nextBlockLt(tip.shard.endLt > before.master.endLt ? tip.shard.endLt : before.master.endLt)
  const endLt = startLt + 1n
  const seqno = before.master.seqno + 1
  const shard = parts === undefined ? tip.shard : { ...tip.shard, regMcSeqno: seqno }
  const state = { seqno, genUtime: input.now, endLt, shard, balance: totalBalance(tip.accounts), config: input.config }
  const to = masterStateOf(state)
  const header = { workchain: -1, seqno, genUtime: input.now, startLt, endLt, previous: before.master } as const
  const content = {
    accountBlocks: encodeAccountBlocks([], []),
    randSeed: input.seed,
    flow: { before: 0n, after: 0n, fees: 0n },
    custom: encodeMasterBlockExtra(encodeShardHashes(shard))
  }
  const block = encodeBlock(header, content, { from: digestMasterState(before, input.config), to: digestOf(to) })
  const record: BlockRecord = {
    master: {
      ...namesOf({ seqno, startLt, endLt }, block),
      stateHash: hex(to.hash(0)),
      genUtime: input.now
    },
    ...(parts === undefined ? EMPTY : parts.record)
  }
  const body = encodeRecord(record, [...(parts?.bocs ?? []), block.boc])
  const left = nextTip(before, record, tip.accounts, tip.pending)
  rememberDigests(left, { master: digestOf(to), shard: parts?.state })
  return { record, body, tip: left }
}

const EMPTY = { accounts: [], transactions: [], pending: [] } as const

interface ShardParts {
  readonly tip: Pick<Tip, 'shard' | 'shardMaster' | 'accounts' | 'pending'>
  readonly record: Omit<BlockRecord, 'master'>
  readonly bocs: readonly Buffer[]
  /** The state that the shard's block leaves. */
  readonly state: CellDigest
}

function produceShard(input: BlockInput, collation: Collation): ShardParts {
  const { before, now, startLt } = input
  const pendingBocs = collation.pending.map((cell) => cell.toBoc())
  const partial = {
    accounts: collation.accounts.map(describeAccount),
    transactions: collation.transactions.map(({ account, lt, cell, boc }) => ({
      ...{ account: hex(account), lt: String(lt), hash: hex(cell.hash()) },
      size: boc.length
    })),
    pending: pendingBocs.map((boc) => boc.length)
  }
  const bocs = [
    ...collation.accounts.flatMap(({ state }) => (state === undefined ? [] : [state.boc])),
    ...collation.transactions.map(({ boc }) => boc),
    ...pendingBocs
  ]
  const accounts = applyAccounts(before.accounts, placeholder(partial), { position: input.position, length: 0 })
  const seqno = before.shard.seqno + 1
  const times = { seqno, startLt, endLt: collation.endLt }
  const after = {
    shard: { ...before.shard, ...times, genUtime: now },
    shardMaster: before.master,
    accounts
  }
  const state = digestOf(shardStateOf(after))
  const block = encodeShardBlock(input, collation, { ...after, state })
  const shard = { ...after.shard, rootHash: block.rootHash, fileHash: block.fileHash }
  return {
    tip: { ...after, shard, pending: collation.pending },
    record: { ...partial, shard: namesOf(times, block) },
    bocs: [...bocs, block.boc],
    state
  }
}

function encodeShardBlock(
  { before, now, seed }: BlockInput,
  collation: Collation,
  after: Pick<Tip, 'shard' | 'accounts'> & Pick<ShardParts, 'state'>
): ReturnType<typeof encodeBlock> {
  const { seqno, startLt, endLt } = after.shard
  const fees = collation.transactions.reduce((sum, { totalFees }) => sum + totalFees, 0n)
  return encodeBlock(
    { workchain: 0, seqno, genUtime: now, startLt, endLt, previous: before.shard, master: before.master },
    {
      accountBlocks: encodeAccountBlocks(collation.accounts, collation.transactions),
      randSeed: seed,
      flow: { before: totalBalance(before.accounts), after: totalBalance(after.accounts), fees }
    },
    { from: digestShardState(before), to: after.state }
  )
}

function describeAccount({ key, after, state }: ChangedAccount): BlockRecord['accounts'][number] {
  if (state === undefined) return { key: hex(key), deleted: true }
  return {
    key: hex(key),
    hash: hex(after.hash),
    depth: after.depth,
    lastHash: hex(state.lastTransaction.hash),
    lastLt: String(state.lastTransaction.lt),
    balance: String(state.balance),
    size: state.boc.length
  }
}

/** A record whose blocks are not made yet: places of accounts do not depend on them. */
function placeholder(partial: Omit<BlockRecord, 'master'>): BlockRecord {
  const master = { seqno: 0, rootHash: '', fileHash: '', stateHash: '', genUtime: 0, startLt: '0', endLt: '0', size: 0 }
  return { ...partial, master }
}

function namesOf(
  { seqno, startLt, endLt }: { readonly seqno: number; readonly startLt: bigint; readonly endLt: bigint },
  { rootHash, fileHash, boc }: ReturnType<typeof encodeBlock>
) {
  const times = { startLt: String(startLt), endLt: String(endLt) }
  return { seqno, rootHash: hex(rootHash), fileHash: hex(fileHash), ...times, size: boc.length }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
