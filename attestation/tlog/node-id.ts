import { AttestationError } from '../errors.ts'
import { nodeHash } from './hash.ts'
import { bitLength, MAX_TREE_SIZE } from './tree-size.ts'

/** The root of a complete subtree: that of the 2^level leaves from index · 2^level on. Level 0 is a leaf's hash. */
export interface NodeId {
  readonly level: number
  readonly index: bigint
}

/** Gives the hash of a node that is complete in the tree. */
export type HashReader = (node: NodeId) => Uint8Array

/** One hash, as the neighbouring complete subtrees that it is folded from, left to right; at least one. */
export type Fold = readonly NodeId[]

export function foldHashes(fold: Fold, read: HashReader): Uint8Array {
  return foldRight(fold.map(read))
}

/** The root over neighbouring complete subtrees, larger ones to the left. */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1)
  if (last === undefined) throw new TypeError('nothing to fold')
  let hash = last
  for (let i = hashes.length - 2; i >= 0; i--) hash = nodeHash(hashes[i] as Uint8Array, hash)
  return hash
}

/** The complete subtrees of a tree of this size, largest first: what its root folds from; none for an empty tree. */
export function rangeNodes(size: bigint): Fold {
  checkTreeSize(size)
  return coverNodes(0n, size)
}

/** Those of the leaves begin..end - 1, where begin is a multiple of a power of two that is not below end - begin. */
export function coverNodes(begin: bigint, end: bigint): Fold {
  const nodes: NodeId[] = []
  for (let at = begin; at < end; ) {
    const level = bitLength(end - at) - 1
    nodes.push({ level, index: at >> BigInt(level) })
    at += 1n << BigInt(level)
  }
  return nodes
}

export function checkTreeSize(size: bigint): void {
  if (size < 0n || size > MAX_TREE_SIZE) throw new AttestationError('PROOF_MALFORMED', `tree size ${size}`)
}
