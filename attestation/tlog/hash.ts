import { sha256 } from '../crypto.ts'

export const HASH_BYTES = 32
/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

const NODE_PREFIX = 1
// One buffer for every node: hashing is synchronous, and a new buffer a node costs a third of an append.
const nodeInput = Uint8Array.of(NODE_PREFIX, ...new Uint8Array(2 * HASH_BYTES))

/** RFC 6962 §2.1: SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  // A new array is zero, and so is the prefix of a leaf.
  const input = new Uint8Array(1 + leaf.byteLength)
  input.set(leaf, 1)
  return sha256(input)
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). Other lengths are a caller's mistake: they would hash alike. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.byteLength !== HASH_BYTES || right.byteLength !== HASH_BYTES) {
    throw new TypeError(`hashes of ${left.byteLength} and ${right.byteLength} bytes, ${HASH_BYTES} wanted`)
  }
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + HASH_BYTES)
  return sha256(nodeInput)
}
