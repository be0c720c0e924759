import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './hash.ts'
import { foldRight } from './node-id.ts'
import { MAX_TREE_SIZE, popCount } from './tree-size.ts'

/** A tree as the roots of its complete subtrees, largest first: all that appending to it needs. */
export interface CompactRange {
  readonly size: bigint
  readonly hashes: readonly Uint8Array[]
}

/** Is told of every node that an append completes, a leaf's before those above it. */
export type NodeVisitor = (level: number, index: bigint, hash: Uint8Array) => void

export const EMPTY_RANGE: CompactRange = { size: 0n, hashes: [] }

/** The range of a stored tree; `hashes` are those of `rangeNodes(size)`. */
export function compactRange(size: bigint, hashes: readonly Uint8Array[]): CompactRange {
  if (size < 0n || size > MAX_TREE_SIZE || hashes.length !== popCount(size)) {
    throw new TypeError(`${hashes.length} hashes for a tree of ${size}`)
  }
  if (hashes.some((hash) => hash.byteLength !== HASH_BYTES)) throw new TypeError('a hash is not 32 bytes')
  return { size, hashes }
}

/** The tree with these leaves more; about one hash a leaf. */
export function appendLeaves(
  range: CompactRange,
  leafHashes: readonly Uint8Array[],
  visit?: NodeVisitor
): CompactRange {
  if (range.size + BigInt(leafHashes.length) > MAX_TREE_SIZE) throw new TypeError('a tree has at most 2^63 leaves')
  const hashes = [...range.hashes]
  let size = range.size
  for (const leaf of leafHashes) {
    appendLeaf(hashes, size, leaf, visit)
    size += 1n
  }
  return { size, hashes }
}

/** RFC 6962 §2.1. */
export function rangeRoot(range: CompactRange): Uint8Array {
  return range.hashes.length === 0 ? EMPTY_ROOT : foldRight(range.hashes)
}

/** Each trailing one of the size is a complete subtree that the new leaf doubles. */
function appendLeaf(hashes: Uint8Array[], size: bigint, leaf: Uint8Array, visit: NodeVisitor | undefined): void {
  let [hash, level, index] = [leaf, 0, size]
  visit?.(level, index, hash)
  while ((index & 1n) === 1n) {
    hash = nodeHash(hashes.pop() as Uint8Array, hash)
    index >>= 1n
    level++
    visit?.(level, index, hash)
  }
  hashes.push(hash)
}
