import { type Address, beginCell, type Cell, type Slice } from '@ton/core'
import { ContractError } from '../errors.ts'

/** A head of the log, as the contract keeps it. */
export interface Head {
  /** 1 to 2^63. */
  readonly treeSize: bigint
  /** 32 bytes. */
  readonly rootHash: Uint8Array
  /** Unix seconds: when the log signed this head. */
  readonly timestamp: number
}

interface Common {
  /** −239 mainnet, −3 testnet, any other a chain of one's own. */
  readonly networkId: number
  readonly seqno: number
  /** Unix seconds; refused from then on, and more than an hour ahead. */
  readonly validUntil: number
}

export interface AnchorOrder extends Common, Head {
  readonly kind: 'anchor'
  /** RFC 6962 consistency proof from the head anchored before, 32 bytes each, at most 64; empty for the first anchor. */
  readonly proof: readonly Uint8Array[]
}

export interface RetireOrder extends Common {
  readonly kind: 'retire'
  readonly successor: Address
}

/** What the anchor key, or the recovery key, tells the contract. */
export type Order = AnchorOrder | RetireOrder

export interface SignedOrder {
  readonly order: Order
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
}

export const HASH_BYTES = 32
export const SIGNATURE_BYTES = 64
const HASHES_A_CELL = 3
/** No two sizes up to 2^63 ask for more. */
export const MAX_PROOF_HASHES = 64
const ANCHOR_OPCODE = 0x616e6368
const RETIRE_OPCODE = 0x72657469

/** What is signed, 32 bytes: the hash of cell{contract's address, order}, so that an order is for one contract alone. */
export function hashToSign(contract: Address, order: Order): Uint8Array {
  return beginCell().storeAddress(contract).storeSlice(encodeOrder(order).beginParse()).endCell().hash()
}

/** The body of the external message, for `encodeExternal` of message.ts or a contract provider. Throws `TypeError` for a signature, hash or proof of a wrong length. */
export function encodeBody({ order, signature }: SignedOrder): Cell {
  checkLength(signature, SIGNATURE_BYTES, 'signature')
  return beginCell().storeBuffer(Buffer.from(signature)).storeSlice(encodeOrder(order).beginParse()).endCell()
}

/** Reads a body as strictly as the contract. Throws `ANCHOR_MESSAGE_MALFORMED`. */
export function parseBody(body: Cell): SignedOrder {
  try {
    const slice = body.beginParse()
    const signature = new Uint8Array(slice.loadBuffer(SIGNATURE_BYTES))
    const order = parseOrder(slice)
    slice.endParse()
    return { order, signature }
  } catch (error) {
    if (error instanceof ContractError) throw error
    throw malformed('not the body of an anchor or a retirement', error)
  }
}

function encodeOrder(order: Order): Cell {
  const opcode = order.kind === 'anchor' ? ANCHOR_OPCODE : RETIRE_OPCODE
  const start = beginCell().storeUint(opcode, 32).storeInt(order.networkId, 32)
  start.storeUint(order.seqno, 32).storeUint(order.validUntil, 32)
  if (order.kind === 'retire') return start.storeAddress(order.successor).endCell()
  checkLength(order.rootHash, HASH_BYTES, 'root hash')
  start.storeUint(order.treeSize, 64).storeBuffer(Buffer.from(order.rootHash)).storeUint(order.timestamp, 32)
  return start.storeMaybeRef(encodeProof(order.proof)).endCell()
}

function parseOrder(slice: Slice): Order {
  const opcode = slice.loadUint(32)
  const common = { networkId: slice.loadInt(32), seqno: slice.loadUint(32), validUntil: slice.loadUint(32) }
  if (opcode === RETIRE_OPCODE) return { kind: 'retire', ...common, successor: slice.loadAddress() }
  if (opcode !== ANCHOR_OPCODE) throw malformed(`operation 0x${opcode.toString(16)}`)
  const treeSize = slice.loadUintBig(64)
  const rootHash = new Uint8Array(slice.loadBuffer(HASH_BYTES))
  const timestamp = slice.loadUint(32)
  return { kind: 'anchor', ...common, treeSize, rootHash, timestamp, proof: parseProof(slice.loadMaybeRef()) }
}

function encodeProof(proof: readonly Uint8Array[]): Cell | null {
  if (proof.length > MAX_PROOF_HASHES) throw new TypeError(`a proof of ${proof.length} hashes`)
  let rest: Cell | null = null
  for (let at = Math.ceil(proof.length / HASHES_A_CELL) - 1; at >= 0; at--) {
    const cell = beginCell()
    for (const hash of proof.slice(at * HASHES_A_CELL, (at + 1) * HASHES_A_CELL)) {
      checkLength(hash, HASH_BYTES, 'hash')
      cell.storeBuffer(Buffer.from(hash))
    }
    rest = (rest === null ? cell : cell.storeRef(rest)).endCell()
  }
  return rest
}

// The proof is attacker-controlled: its length is bounded while it is read.
function parseProof(proof: Cell | null): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let cell = proof; cell !== null; ) {
    const slice: Slice = cell.beginParse()
    if (slice.remainingBits === 0) throw malformed('a cell of the proof without a hash')
    while (slice.remainingBits > 0) hashes.push(new Uint8Array(slice.loadBuffer(HASH_BYTES)))
    if (hashes.length > MAX_PROOF_HASHES) throw malformed(`a proof of over ${MAX_PROOF_HASHES} hashes`)
    cell = slice.remainingRefs > 0 ? slice.loadRef() : null
    slice.endParse()
  }
  return hashes
}

function checkLength(bytes: Uint8Array, length: number, name: string): void {
  if (bytes.byteLength !== length) throw new TypeError(`${name} of ${bytes.byteLength} bytes, ${length} wanted`)
}

function malformed(message: string, cause?: unknown): ContractError {
  return new ContractError('ANCHOR_MESSAGE_MALFORMED', message, cause === undefined ? undefined : { cause })
}
