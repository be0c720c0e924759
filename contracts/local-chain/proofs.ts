import { beginCell, Cell, convertToMerkleProof } from '@ton/core'
import { encodeBoc } from '../state-proof/boc.ts'
import type { AccountProof } from '../state-proof/fetch.ts'
import { findAccount, keepPath } from './accounts.ts'
import { digestOf, pruneCell } from './cell-hash.ts'
import type { LocalChain } from './local-chain.ts'
import { masterIdOf, shardIdOf } from './names.ts'
import { placesOf } from './record.ts'
import { masterPartsOf, masterStateOf, shardStateOf, type Tip } from './tip.ts'

/** An account's state with its proofs as `liteServer.accountState` has them, at the block that left `tip`. */
export function proveAccount(chain: LocalChain, tip: Tip, key: Uint8Array): AccountProof {
  const entry = findAccount(tip.accounts, key)
  const master = readBlock(chain, tip.master.seqno, 'master')
  const shard = readBlock(chain, tip.shard.regMcSeqno, 'shard')
  const masterState = pruneMasterState(masterStateOf(masterPartsOf(tip, chain.machine.config)))
  const shardState = pruneShardState(shardStateOf(tip, keepPath(key)))
  return {
    block: masterIdOf(tip.master),
    shardBlock: shardIdOf(tip.shard),
    shardProof: encodeBoc([proof(pruneBlock(master)), proof(masterState)]),
    proof: encodeBoc([proof(pruneBlock(shard)), proof(shardState)]),
    state: entry === undefined ? new Uint8Array() : chain.readAccount(entry).toBoc()
  }
}

/** The BoC of a block as the journal has it. */
export function readBlockBoc(chain: LocalChain, seqno: number, kind: 'master' | 'shard'): Buffer | undefined {
  const entry = chain.readBody(seqno)
  const place = entry && placesOf(entry.record)[kind]
  return entry && place && entry.body.subarray(place.offset, place.offset + place.length)
}

function readBlock(chain: LocalChain, seqno: number, kind: 'master' | 'shard'): Cell {
  const [cell] = Cell.fromBoc(readBlockBoc(chain, seqno, kind) ?? Buffer.alloc(0))
  return cell ?? Cell.EMPTY
}

const proof = (cell: Cell): Cell => convertToMerkleProof(cell)

/** Header and state update stay, value flow and extra go. */
function pruneBlock(block: Cell): Cell {
  return replaceRefs(block, (ref, index) => (index === 0 || index === 2 ? ref : pruneCell(digestOf(ref))))
}

/** Of `queue accounts totals custom` the last stays, and of its `shards config details` the first. */
function pruneMasterState(state: Cell): Cell {
  return replaceRefs(state, (ref, index) => (index === 3 ? replaceRefs(ref, keepOnly(0)) : pruneCell(digestOf(ref))))
}

/** Of `queue accounts totals` the accounts stay, which are pruned already as far as they go. */
function pruneShardState(state: Cell): Cell {
  return replaceRefs(state, keepOnly(1))
}

const keepOnly =
  (kept: number) =>
  (ref: Cell, index: number): Cell =>
    index === kept ? ref : pruneCell(digestOf(ref))

function replaceRefs(cell: Cell, replace: (ref: Cell, index: number) => Cell): Cell {
  const copy = beginCell().storeBits(cell.bits)
  cell.refs.forEach((ref, index) => {
    copy.storeRef(replace(ref, index))
  })
  return copy.endCell()
}
