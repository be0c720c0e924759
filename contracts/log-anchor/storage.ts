import { createHash } from 'node:crypto'
import { type Address, beginCell, Cell, contractAddress, loadAccount, type StateInit } from '@ton/core'
import { ContractError } from '../errors.ts'
import compiled from './LogAnchor.code.json' with { type: 'json' }
import { HASH_BYTES, type Head } from './messages.ts'

/** What is set at deployment, for ever; with the code it gives the address. Hashes and keys are 32 bytes. */
export interface AnchorTerms {
  readonly networkId: number
  /** SHA-256 of the log's origin line. */
  readonly originHash: Uint8Array
  readonly anchorKey: Uint8Array
  readonly recoveryKey: Uint8Array
}

/** What the contract stores. Before the first anchor, tree size, timestamp and both hashes are zero. */
export interface AnchorState extends AnchorTerms, Head {
  /** Of the next message. */
  readonly seqno: number
  /** Commits to every head ever accepted, in order. */
  readonly chainHash: Uint8Array
  /** Where the log is anchored instead, once this contract is retired. */
  readonly successor: Address | null
}

/** An anchor's account as its cell in the state has it. */
export interface AnchorAccount {
  readonly address: Address
  /** nanoTON. */
  readonly balance: bigint
  readonly state: AnchorState
}

export const EMPTY_CHAIN_HASH: Uint8Array = new Uint8Array(HASH_BYTES)
const CODE = Cell.fromBase64(compiled.code)
const BASECHAIN = 0

/** Code and data to deploy an anchor with; whoever knows the terms recomputes its address. */
export function anchorInit(terms: AnchorTerms): { readonly code: Cell; readonly data: Cell } {
  const empty = { treeSize: 0n, rootHash: EMPTY_CHAIN_HASH, timestamp: 0, chainHash: EMPTY_CHAIN_HASH }
  return { code: CODE, data: encodeState({ ...terms, ...empty, seqno: 0, successor: null }) }
}

export function anchorAddress(terms: AnchorTerms): Address {
  return contractAddress(BASECHAIN, anchorInit(terms) satisfies StateInit)
}

/** The chain hash once `head` is accepted: SHA-256(chain hash ‖ tree size ‖ root hash ‖ timestamp), integers 64 bits big-endian. */
export function nextChainHash(chainHash: Uint8Array, head: Head): Uint8Array {
  const numbers = Buffer.alloc(16)
  numbers.writeBigUInt64BE(head.treeSize, 0)
  numbers.writeBigUInt64BE(BigInt(head.timestamp), 8)
  const hash = createHash('sha256').update(chainHash).update(numbers.subarray(0, 8))
  return new Uint8Array(hash.update(head.rootHash).update(numbers.subarray(8)).digest())
}

export function encodeState(state: AnchorState): Cell {
  const terms = beginCell().storeBuffer(Buffer.from(state.originHash), HASH_BYTES)
  terms.storeBuffer(Buffer.from(state.recoveryKey), HASH_BYTES)
  const successor = state.successor === null ? null : beginCell().storeAddress(state.successor).endCell()
  return beginCell()
    .storeUint(state.seqno, 32)
    .storeUint(state.treeSize, 64)
    .storeBuffer(Buffer.from(state.rootHash), HASH_BYTES)
    .storeUint(state.timestamp, 32)
    .storeBuffer(Buffer.from(state.chainHash), HASH_BYTES)
    .storeInt(state.networkId, 32)
    .storeBuffer(Buffer.from(state.anchorKey), HASH_BYTES)
    .storeRef(terms)
    .storeMaybeRef(successor)
    .endCell()
}

/** Reads the contract's data cell. Throws `ANCHOR_STATE_MALFORMED`. */
export function parseState(data: Cell): AnchorState {
  try {
    return readState(data)
  } catch (error) {
    throw new ContractError('ANCHOR_STATE_MALFORMED', 'not the data of a log anchor', { cause: error })
  }
}

/**
 * Reads an account's cell (`Account` of block.tlb), as a proof of the state has it. Throws `ANCHOR_STATE_MALFORMED` for what is
 * no account or not active, and `ANCHOR_CODE_UNKNOWN` for any other code, whose data would mean nothing.
 */
export function parseAnchorAccount(account: Cell): AnchorAccount {
  const { addr, storage } = readAccount(account)
  if (storage.state.type !== 'active') throw malformed(`an account that is ${storage.state.type}`)
  const { code, data } = storage.state.state
  if (!code || code.hash().toString('hex') !== compiled.codeHash) {
    throw new ContractError('ANCHOR_CODE_UNKNOWN', 'the account has other code than a log anchor')
  }
  if (!data) throw malformed('an account without data')
  return { address: addr, balance: storage.balance.coins, state: parseState(data) }
}

function readState(data: Cell): AnchorState {
  const slice = data.beginParse()
  const hash = () => new Uint8Array(slice.loadBuffer(HASH_BYTES))
  const seqno = slice.loadUint(32)
  const head = { treeSize: slice.loadUintBig(64), rootHash: hash(), timestamp: slice.loadUint(32) }
  const chainHash = hash()
  const networkId = slice.loadInt(32)
  const anchorKey = hash()
  const terms = slice.loadRef().beginParse()
  const originHash = new Uint8Array(terms.loadBuffer(HASH_BYTES))
  const recoveryKey = new Uint8Array(terms.loadBuffer(HASH_BYTES))
  terms.endParse()
  const successor = slice.loadMaybeRef()?.beginParse()
  const address = successor?.loadAddress() ?? null
  successor?.endParse()
  slice.endParse()
  return { ...head, seqno, chainHash, networkId, originHash, anchorKey, recoveryKey, successor: address }
}

function readAccount(account: Cell) {
  try {
    const slice = account.beginParse()
    // account$1, as against account_none$0.
    if (!slice.loadBit()) throw malformed('an account that does not exist')
    const read = loadAccount(slice)
    slice.endParse()
    return read
  } catch (error) {
    if (error instanceof ContractError) throw error
    throw new ContractError('ANCHOR_STATE_MALFORMED', 'not an account', { cause: error })
  }
}

function malformed(message: string): ContractError {
  return new ContractError('ANCHOR_STATE_MALFORMED', message)
}
