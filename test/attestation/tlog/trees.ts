import { EMPTY_ROOT, leafHash, nodeHash } from '../../../attestation/tlog/hash.ts'
import type { HashReader } from '../../../attestation/tlog/node-id.ts'

/** RFC 6962 §2.1 as it is written, to compare with. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT
  if (leaves.length === 1) return leaves[0]!
  const split = splitOf(leaves.length)
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

/** RFC 6962 §2.1.1, PATH(m, D[n]). */
export function naiveInclusion(index: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...naiveInclusion(index, left), naiveRoot(right)]
    : [...naiveInclusion(index - split, right), naiveRoot(left)]
}

/** RFC 6962 §2.1.2, SUBPROOF(m, D[n], b). */
export function naiveConsistency(size: number, leaves: readonly Uint8Array[], isWhole = true): readonly Uint8Array[] {
  if (size === leaves.length) return isWhole ? [] : [naiveRoot(leaves)]
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return size <= split
    ? [...naiveConsistency(size, left, isWhole), naiveRoot(right)]
    : [...naiveConsistency(size - split, right, false), naiveRoot(left)]
}

/** The hashes of leaves whose content is their number. */
export function leavesOf(count: number, salt = 0): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, at) => leafHash(Uint8Array.of(salt, at >> 16, at >> 8, at)))
}

/** Reads complete subtrees of these leaves; anything else of the tree is a fault of who asks. */
export function readerOf(leaves: readonly Uint8Array[]): HashReader {
  const known = new Map<string, Uint8Array>()
  return ({ level, index }) => {
    const [begin, end] = [Number(index) * 2 ** level, (Number(index) + 1) * 2 ** level]
    if (end > leaves.length) throw new RangeError(`node ${level}/${index} is not complete in ${leaves.length} leaves`)
    const hash = known.get(`${level}/${index}`) ?? naiveRoot(leaves.slice(begin, end))
    known.set(`${level}/${index}`, hash)
    return hash
  }
}

/** A tree in which every complete subtree of a level has the same hash: as large as one likes, for every leaf is the same. */
export function uniformReader(leaf: Uint8Array): HashReader {
  const levels = [leaf]
  while (levels.length <= 64) levels.push(nodeHash(levels.at(-1)!, levels.at(-1)!))
  return ({ level }) => levels[level]!
}

function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}
