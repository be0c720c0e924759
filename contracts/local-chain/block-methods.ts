import { MASTERCHAIN, readShard, WHOLE_SHARD } from '../answer.ts'
import { NETWORK_IDS } from '../networks.ts'
import type { LocalChain } from './local-chain.ts'
import { base64, blockIdJson, masterIdOf, recordIdOf } from './names.ts'
import type { Parameters } from './parameters.ts'
import type { BlockRecord, MasterRecord, ShardRecord } from './record.ts'
import { unknownBlock, unreadable } from './rpc-error.ts'

/** A block that somebody named: its record, and that of the masterchain block that brought it. */
interface Found {
  readonly workchain: 0 | -1
  readonly block: MasterRecord | ShardRecord
  readonly record: BlockRecord
}

export function getMasterchainInfo(chain: LocalChain) {
  const { master } = chain.tip
  const genesis = chain.readBody(0)?.record.master
  if (genesis === undefined) throw unknownBlock()
  return {
    '@type': 'blocks.masterchainInfo',
    last: blockIdJson(masterIdOf(master)),
    state_root_hash: base64(master.stateHash),
    init: blockIdJson(recordIdOf(genesis, -1))
  }
}

export function getConsensusBlock(chain: LocalChain) {
  const { seqno, genUtime } = chain.tip.master
  return { consensus_block: seqno, timestamp: genUtime }
}

export function shards(chain: LocalChain, parameters: Parameters) {
  const seqno = parameters.integer('seqno', { min: 0, max: chain.tip.master.seqno })
  // The newest shard block that a masterchain block up to this one brought.
  const newest = findLast(chain.tip.shard.seqno, (shard) => (chain.ledger.masterOfShard(shard) ?? 0) <= seqno)
  return { '@type': 'blocks.shards', shards: [blockIdJson(recordIdOf(readShardBlock(chain, newest).block, 0))] }
}

export function lookupBlock(chain: LocalChain, parameters: Parameters) {
  const workchain = readWorkchain(parameters)
  const newest = workchain === 0 ? chain.tip.shard.seqno : chain.tip.master.seqno
  const seqno = parameters.optionalInteger('seqno') ?? findByTime(chain, workchain, parameters, newest)
  const { block } = readBlock(chain, workchain, seqno)
  return blockIdJson(recordIdOf(block, workchain))
}

export function getBlockHeader(chain: LocalChain, parameters: Parameters) {
  const workchain = readWorkchain(parameters)
  const { block, record } = readBlock(chain, workchain, parameters.integer('seqno', ANY))
  const id = blockIdJson(recordIdOf(block, workchain))
  for (const name of ['root_hash', 'file_hash'] as const) {
    const wanted = parameters.optionalText(name)
    if (wanted !== undefined && !Buffer.from(wanted, 'base64').equals(Buffer.from(id[name], 'base64')))
      throw unknownBlock()
  }
  const previous = block.seqno === 0 ? [] : [readBlock(chain, workchain, block.seqno - 1).block]
  return {
    '@type': 'blocks.header',
    id,
    global_id: NETWORK_IDS.local,
    version: 0,
    ...{ after_merge: false, after_split: false, before_split: false, want_merge: false, want_split: false },
    ...{ validator_list_hash_short: 0, catchain_seqno: 0, is_key_block: false, prev_key_block_seqno: 0, vert_seqno: 0 },
    min_ref_mc_seqno: workchain === 0 ? Math.max(0, record.master.seqno - 1) : 0,
    start_lt: block.startLt,
    end_lt: block.endLt,
    gen_utime: record.master.genUtime,
    prev_blocks: previous.map((before) => blockIdJson(recordIdOf(before, workchain)))
  }
}

/** All of a block's transactions at once unless `count` says fewer: a block here has no more than a few hundred. */
export function getBlockTransactions(chain: LocalChain, parameters: Parameters) {
  const workchain = readWorkchain(parameters)
  const { block, record } = readBlock(chain, workchain, parameters.integer('seqno', ANY))
  const count = parameters.integer('count', { min: 1, max: 10_000, fallback: 10_000 })
  const after = parameters.optionalAmount('after_lt') ?? 0n
  const all = workchain === 0 ? record.transactions.filter(({ lt }) => BigInt(lt) > after) : []
  return {
    '@type': 'blocks.transactions',
    id: blockIdJson(recordIdOf(block, workchain)),
    req_count: count,
    incomplete: all.length > count,
    transactions: all.slice(0, count).map(({ account, lt, hash }) => ({
      '@type': 'blocks.shortTxId',
      mode: 135,
      account: `0:${account}`,
      lt,
      hash: base64(Buffer.from(hash, 'hex'))
    }))
  }
}

const ANY = { min: 0, max: 0xffffffff }

function readWorkchain(parameters: Parameters): 0 | -1 {
  const workchain = parameters.integer('workchain', { min: -1, max: 0 })
  const shard = parameters.value('shard')
  // JSON numbers cannot hold a shard; clients send it as text, and old ones as a number that lost its end.
  if (typeof shard === 'string' && readShard(shard) !== WHOLE_SHARD) throw unknownBlock()
  return workchain === MASTERCHAIN ? -1 : 0
}

function readBlock(chain: LocalChain, workchain: 0 | -1, seqno: number): Found {
  if (workchain === 0) return readShardBlock(chain, seqno)
  const record = chain.readBody(seqno)?.record
  if (record === undefined) throw unknownBlock()
  return { workchain, block: record.master, record }
}

function readShardBlock(chain: LocalChain, seqno: number): Found {
  const master = chain.ledger.masterOfShard(seqno)
  const record = master === undefined ? undefined : chain.readBody(master)?.record
  if (record?.shard === undefined) throw unknownBlock()
  return { workchain: 0, block: record.shard, record }
}

/** The last block begun at or before a logical time, or made at or before a time. */
function findByTime(chain: LocalChain, workchain: 0 | -1, parameters: Parameters, newest: number): number {
  const lt = parameters.optionalAmount('lt')
  const utime = parameters.optionalInteger('unixtime')
  if (lt === undefined && utime === undefined) throw unreadable('seqno, lt or unixtime')
  return findLast(newest, (seqno) => {
    const { block, record } = readBlock(chain, workchain, seqno)
    return lt === undefined ? record.master.genUtime <= (utime ?? 0) : BigInt(block.startLt) <= lt
  })
}

/** The last number up to `newest` for which `holds`, which is true up to some number and then false. */
function findLast(newest: number, holds: (seqno: number) => boolean): number {
  let [low, high] = [0, newest]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (holds(middle)) low = middle
    else high = middle - 1
  }
  if (!holds(low)) throw unknownBlock()
  return low
}
