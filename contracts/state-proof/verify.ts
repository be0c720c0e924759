import type { Address, Cell } from '@ton/core'
import { ContractError } from '../errors.ts'
import { type AccountState, findAccountEntry, readAccountState } from './account.ts'
import { type BlockFacts, findShard, readBlock, readState, type StateFacts, unwrapProof } from './block.ts'
import { type BocLimits, parseBoc } from './boc.ts'
import { bitsOf } from './dictionary.ts'
import type { AccountProof } from './fetch.ts'

declare const verified: unique symbol

/** What a proof proved. Only `verifyAccountState` makes one. */
export interface VerifiedAccountState {
  readonly [verified]: true
  /**
   * How far it reaches: every hash from the account up to the masterchain block's root hash was checked. That the block is the
   * network's own, which validators' signatures would show, is not part of it.
   */
  readonly level: 'merkle'
  readonly address: Address
  readonly block: { readonly rootHash: Uint8Array; readonly seqno: number; readonly genUtime: number }
  readonly shardBlock: { readonly rootHash: Uint8Array; readonly seqno: number; readonly genUtime: number }
  /** Undefined: it is proven that there is no such account. */
  readonly account:
    | (AccountState & { readonly lastTransaction: { readonly lt: bigint; readonly hash: Uint8Array } })
    | undefined
}

/** What the caller trusts or knows; nothing of it is taken from the answer. */
export interface TrustedBlock {
  /** Root hash of the masterchain block, from somewhere else than the proof. */
  readonly rootHash: Uint8Array
  /** TON's global id. */
  readonly networkId: number
}

// A proof of mainnet has some hundreds of cells; an account's state at most 65,536, and ours a few dozen.
const PROOF_LIMITS: BocLimits = { bytes: 512 * 1024, cells: 4_096 }
const STATE_LIMITS: BocLimits = { bytes: 2 * 1024 * 1024, cells: 16_384 }

/**
 * Verifies an account's state from a masterchain block's root hash.
 *
 * 1. `shardProof` proves, from the trusted root hash, the block's header and the hash of the state that it leaves.
 * 2. From that hash, the masterchain's state: the same network and number, and the newest block of the account's shard.
 * 3. `proof` proves, from that shard block's root hash, its header and the hash of its state.
 * 4. From that hash, the shard's state: the same network, shard and number, and the account's entry or that it has none.
 * 5. `state` is the account's own cell: its hash is the entry's, its address the one asked for.
 *
 * For an account of the masterchain steps 1 and 2 fall away, and `proof` begins at the trusted hash.
 * BOC_MALFORMED, STATE_PROOF_MALFORMED: it is no such proof, or ends before it answers. STATE_PROOF_INVALID: it proves
 * something else. Time and memory are bounded by the sizes that are accepted.
 */
export function verifyAccountState(
  address: Address,
  trusted: TrustedBlock,
  answer: AccountProof
): VerifiedAccountState {
  const key = bitsOf(address.hash)
  const master = address.workChain === -1 ? undefined : verifyShardProof(answer, trusted, { address, key })
  const shardHash = master?.shardHash ?? trusted.rootHash
  const shard = verifyStatePair(answer.proof, shardHash, trusted.networkId)
  if (shard.block.workchain !== address.workChain || !key.startsWith(shard.block.shardPrefix)) {
    throw invalid('the account lies in another shard')
  }
  if (master !== undefined && master.shardSeqno !== shard.block.seqno)
    throw invalid('the shard block has another number')
  const account = verifyAccount(shard.state, answer.state, { address, key })
  const { seqno, genUtime } = master?.block ?? shard.block
  const result: Omit<VerifiedAccountState, typeof verified> = {
    level: 'merkle',
    address,
    block: { rootHash: trusted.rootHash, seqno, genUtime },
    shardBlock: { rootHash: shardHash, seqno: shard.block.seqno, genUtime: shard.block.genUtime },
    account
  }
  return result as VerifiedAccountState
}

interface Subject {
  readonly address: Address
  readonly key: string
}

/** Steps 1 and 2. */
function verifyShardProof({ shardProof }: AccountProof, trusted: TrustedBlock, { address, key }: Subject) {
  const { block, state } = verifyStatePair(shardProof, trusted.rootHash, trusted.networkId)
  if (block.workchain !== -1) throw invalid('the trusted block is not of the masterchain')
  const { extra } = state
  if (extra === undefined) throw malformed('the state has no masterchain part')
  const shard = reading(() => findShard(extra, address.workChain, key))
  if (shard === undefined) throw invalid('the masterchain has no shard for the account')
  return { block, shardHash: shard.rootHash, shardSeqno: shard.seqno }
}

/** A block's header from its root hash, and the state that it leaves: two Merkle proofs in one bag. */
function verifyStatePair(
  boc: Uint8Array,
  rootHash: Uint8Array,
  networkId: number
): { readonly block: BlockFacts; readonly state: StateFacts } {
  const roots = parseBoc(boc, PROOF_LIMITS)
  const [blockRoot, stateRoot] = roots
  if (blockRoot === undefined || stateRoot === undefined || roots.length !== 2) throw malformed('it is not two proofs')
  const block = readProven(blockRoot, rootHash, readBlock)
  const state = readProven(stateRoot, block.stateHash, readState)
  const same = block.workchain === state.workchain && block.shardPrefix === state.shardPrefix
  if (!same || block.seqno !== state.seqno) throw invalid('block and state are not of one shard and number')
  if (block.networkId !== networkId || state.networkId !== networkId) {
    throw invalid(`it is of network ${block.networkId}, not ${networkId}`)
  }
  return { block, state }
}

function readProven<Facts>(root: Cell, hash: Uint8Array, read: (cell: Cell) => Facts): Facts {
  const cell = reading(() => unwrapProof(root))
  if (!isEqual(cell.hash(0), hash)) throw invalid('a proof begins at another hash')
  return reading(() => read(cell))
}

/** Steps 4 and 5. */
function verifyAccount(
  { accounts }: StateFacts,
  boc: Uint8Array,
  { address, key }: Subject
): VerifiedAccountState['account'] {
  const entry = reading(() => findAccountEntry(accounts, key))
  if (entry === undefined) {
    if (boc.length > 0) throw invalid('a state is given for an account that is proven not to be')
    return undefined
  }
  const roots = parseBoc(boc, STATE_LIMITS)
  const [cell] = roots
  if (cell === undefined || roots.length !== 1) throw malformed('the state is not one cell')
  // A pruned state would have the right hash at level 0 and show whatever it likes at its own.
  if (cell.level() !== 0) throw malformed('the state is pruned')
  if (!isEqual(cell.hash(), entry.hash)) throw invalid("the state is not the entry's")
  const account = reading(() => readAccountState(cell, address.workChain, address.hash))
  return account && { ...account, lastTransaction: entry.lastTransaction }
}

/** @ton/core throws plain errors for what it cannot read, pruned cells among them. */
function reading<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'it cannot be read', cause)
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

function malformed(why: string, cause?: unknown): ContractError {
  return new ContractError('STATE_PROOF_MALFORMED', `account-state proof: ${why}`, { cause })
}

function invalid(why: string): ContractError {
  return new ContractError('STATE_PROOF_INVALID', `account-state proof: ${why}`)
}
