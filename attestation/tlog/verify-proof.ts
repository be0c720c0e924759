import { equalBytes } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { HASH_BYTES, nodeHash } from './hash.ts'
import { checkTreeSize } from './node-id.ts'
import type { Proof } from './prove.ts'
import { bitLength, popCount, trailingZeros } from './tree-size.ts'

export interface InclusionClaim {
  readonly leafIndex: bigint
  readonly treeSize: bigint
  readonly leafHash: Uint8Array
  readonly root: Uint8Array
  readonly proof: Proof
}

export interface ConsistencyClaim {
  readonly size1: bigint
  readonly size2: bigint
  readonly root1: Uint8Array
  readonly root2: Uint8Array
  readonly proof: Proof
}

/**
 * Checks that the leaf is in the tree (RFC 9162 §2.1.3.2). Throws `PROOF_MALFORMED` for what no such proof can be (an index
 * outside the tree, another number of hashes, a hash of another length) and `PROOF_INVALID` for one that gives another root.
 */
export function verifyInclusion(claim: InclusionClaim): void {
  const { leafIndex, treeSize, leafHash, root, proof } = claim
  checkTreeSize(treeSize)
  if (leafIndex < 0n || leafIndex >= treeSize) throw malformed(`leaf ${leafIndex} of a tree of ${treeSize}`)
  const inner = innerLength(leafIndex, treeSize)
  checkHashes([leafHash])
  checkProof(proof, inner + popCount(leafIndex >> BigInt(inner)))
  const top = climb(leafHash, proof.slice(0, inner), leafIndex)
  checkRoot(climbRightEdge(top, proof.slice(inner)), root, `of the tree of ${treeSize}`)
}

/**
 * Checks that the second tree extends the first (RFC 9162 §2.1.4.2). Equal sizes want equal roots and no proof. Throws
 * `PROOF_MALFORMED` for what no such proof can be (a tree that shrinks, an empty first tree, another number of hashes, a hash of
 * another length) and `PROOF_INVALID` for one that does not give both roots.
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const { size1, size2, root1, root2, proof } = claim
  checkTreeSize(size2)
  if (size1 <= 0n || size1 > size2) throw malformed(`from a tree of ${size1} to one of ${size2}`)
  if (size1 === size2) {
    checkProof(proof, 0)
    checkRoot(root1, root2, `of two trees of ${size1}`)
    return
  }
  // The subtree that ends where the first tree does; when it is the whole first tree, its root starts the proof unsaid.
  const shift = trailingZeros(size1)
  const isWhole = size1 === 1n << BigInt(shift)
  const last = (size1 - 1n) >> BigInt(shift)
  const inner = innerLength(size1 - 1n, size2) - shift
  checkProof(proof, (isWhole ? 0 : 1) + inner + popCount(last >> BigInt(inner)))
  const [seed, ...path] = isWhole ? [root1, ...proof] : proof
  checkHashes([seed as Uint8Array])
  const [innerPath, edgePath] = [path.slice(0, inner), path.slice(inner)]
  const leftOnly = innerPath.filter((_, level) => ((last >> BigInt(level)) & 1n) === 1n)
  checkRoot(climbRightEdge(climbRightEdge(seed as Uint8Array, leftOnly), edgePath), root1, `of the tree of ${size1}`)
  checkRoot(climbRightEdge(climb(seed as Uint8Array, innerPath, last), edgePath), root2, `of the tree of ${size2}`)
}

/** Levels at which the node still has, or may have, a sibling to its right; above them it is on the right edge. */
function innerLength(index: bigint, size: bigint): number {
  return bitLength(index ^ (size - 1n))
}

function climb(start: Uint8Array, siblings: Proof, index: bigint): Uint8Array {
  return siblings.reduce(
    (hash, sibling, level) =>
      ((index >> BigInt(level)) & 1n) === 0n ? nodeHash(hash, sibling) : nodeHash(sibling, hash),
    start
  )
}

function climbRightEdge(start: Uint8Array, leftSiblings: Proof): Uint8Array {
  return leftSiblings.reduce((hash, sibling) => nodeHash(sibling, hash), start)
}

// The proof's length is attacker-controlled: it is fixed by the sizes before anything is hashed.
function checkProof(proof: Proof, length: number): void {
  if (proof.length !== length) throw malformed(`${proof.length} hashes, ${length} wanted`)
  checkHashes(proof)
}

function checkHashes(hashes: Proof): void {
  const wrong = hashes.find((hash) => hash.byteLength !== HASH_BYTES)
  if (wrong !== undefined) throw malformed(`a hash of ${wrong.byteLength} bytes`)
}

function checkRoot(computed: Uint8Array, root: Uint8Array, of: string): void {
  if (!equalBytes(computed, root)) throw new AttestationError('PROOF_INVALID', `the proof gives another root ${of}`)
}

function malformed(message: string): AttestationError {
  return new AttestationError('PROOF_MALFORMED', message)
}
