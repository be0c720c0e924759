import { AttestationError } from '../errors.ts'
import { EMPTY_ROOT } from './hash.ts'
import { checkTreeSize, coverNodes, type Fold, foldHashes, type HashReader, rangeNodes } from './node-id.ts'
import { bitLength } from './tree-size.ts'

/** The hashes of an inclusion or consistency proof in RFC 6962's order, from the leaf's side to the root's. */
export type Proof = readonly Uint8Array[]

/**
 * Which nodes the inclusion proof of a leaf folds from (RFC 6962 §2.1.1), so that they can be fetched at once. Refuses an
 * index outside the tree with `PROOF_MALFORMED`.
 */
export function planInclusion(leafIndex: bigint, treeSize: bigint): readonly Fold[] {
  checkTreeSize(treeSize)
  if (leafIndex < 0n || leafIndex >= treeSize) throw malformed(`leaf ${leafIndex} of a tree of ${treeSize}`)
  return walk(leafIndex, treeSize, (begin, end) => end - begin === 1n).siblings.reverse()
}

/**
 * Which nodes the proof folds from that the tree of `size2` extends that of `size1` (RFC 6962 §2.1.2); none where the
 * sizes are equal. Refuses with `PROOF_MALFORMED` an empty tree, which everything extends, and a tree that shrinks.
 */
export function planConsistency(size1: bigint, size2: bigint): readonly Fold[] {
  checkTreeSize(size2)
  if (size1 <= 0n || size1 > size2) throw malformed(`from a tree of ${size1} to one of ${size2}`)
  if (size1 === size2) return []
  const { begin, siblings } = walk(size1 - 1n, size2, (_, end) => end === size1)
  // A size1 that is itself a complete subtree's is known to the verifier as its root.
  const own = begin === 0n ? [] : [coverNodes(begin, size1)]
  return [...own, ...siblings.reverse()]
}

export function proveInclusion(leafIndex: bigint, treeSize: bigint, read: HashReader): Proof {
  return planInclusion(leafIndex, treeSize).map((fold) => foldHashes(fold, read))
}

export function proveConsistency(size1: bigint, size2: bigint, read: HashReader): Proof {
  return planConsistency(size1, size2).map((fold) => foldHashes(fold, read))
}

/** The root of the tree when it had `size` leaves. */
export function rootAt(size: bigint, read: HashReader): Uint8Array {
  return size === 0n ? EMPTY_ROOT : foldHashes(rangeNodes(size), read)
}

/** From the root down to the leaf, or to where `arrived` says; the siblings passed, the root's child first. */
function walk(leaf: bigint, size: bigint, arrived: (begin: bigint, end: bigint) => boolean) {
  const siblings: Fold[] = []
  let [begin, end] = [0n, size]
  while (!arrived(begin, end)) {
    // The largest power of two below the number of leaves.
    const middle = begin + (1n << BigInt(bitLength(end - begin - 1n) - 1))
    if (leaf < middle) {
      siblings.push(coverNodes(middle, end))
      end = middle
    } else {
      siblings.push(coverNodes(begin, middle))
      begin = middle
    }
  }
  return { begin, siblings }
}

function malformed(message: string): AttestationError {
  return new AttestationError('PROOF_MALFORMED', message)
}
