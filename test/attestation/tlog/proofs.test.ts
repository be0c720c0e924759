import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendLeaves, compactRange, EMPTY_RANGE, rangeRoot } from '../../../attestation/tlog/compact-range.ts'
import { EMPTY_ROOT, leafHash, nodeHash } from '../../../attestation/tlog/hash.ts'
import { rangeNodes } from '../../../attestation/tlog/node-id.ts'
import {
  planConsistency,
  planInclusion,
  proveConsistency,
  proveInclusion,
  rootAt
} from '../../../attestation/tlog/prove.ts'
import { MAX_TREE_SIZE } from '../../../attestation/tlog/tree-size.ts'
import {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion
} from '../../../attestation/tlog/verify-proof.ts'
import { codeOf } from './code-of.ts'
import { leavesOf, naiveConsistency, naiveInclusion, naiveRoot, readerOf, uniformReader } from './trees.ts'

const LEAVES = leavesOf(70)
const READ = readerOf(LEAVES)
const ROOTS = Array.from({ length: LEAVES.length + 1 }, (_, size) => naiveRoot(LEAVES.slice(0, size)))

const sizes = fc.integer({ min: 1, max: LEAVES.length })
const inTree = sizes.chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }))
const extension = sizes.chain((size2) =>
  fc.record({ size1: fc.integer({ min: 1, max: size2 }), size2: fc.constant(size2) })
)
const large = fc.bigInt({ min: 1n, max: MAX_TREE_SIZE })

function inclusion(index: number, size: number): InclusionClaim {
  const [leafIndex, treeSize] = [BigInt(index), BigInt(size)]
  const proof = proveInclusion(leafIndex, treeSize, READ)
  return { leafIndex, treeSize, leafHash: LEAVES[index]!, root: ROOTS[size]!, proof }
}

function consistency(size1: number, size2: number): ConsistencyClaim {
  const proof = proveConsistency(BigInt(size1), BigInt(size2), READ)
  return { size1: BigInt(size1), size2: BigInt(size2), root1: ROOTS[size1]!, root2: ROOTS[size2]!, proof }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  const at = bit % (bytes.byteLength * 8)
  changed[at >> 3]! ^= 1 << (at & 7)
  return changed
}

/** Every way to change one hash or the length of a proof. */
function changedProofs(proof: readonly Uint8Array[], bit: number): readonly (readonly Uint8Array[])[] {
  const stray = leafHash(Uint8Array.of(9))
  return [
    ...proof.map((hash, at) => proof.with(at, flipped(hash, bit))),
    ...proof.map((_, at) => proof.toSpliced(at, 1)),
    ...proof.map((hash, at) => proof.with(at, hash.subarray(0, 31))),
    ...(proof.length > 1 ? [proof.toReversed()] : []),
    [...proof, stray],
    [stray, ...proof]
  ]
}

const REFUSED = /^PROOF_(?:MALFORMED|INVALID)$/

describe('a tree', () => {
  test('has the roots of RFC 6962 at every size, grown leaf by leaf or at once', () => {
    let grown = EMPTY_RANGE
    expect(rangeRoot(grown)).toEqual(EMPTY_ROOT)
    for (const [at, leaf] of LEAVES.entries()) {
      grown = appendLeaves(grown, [leaf])
      expect(rangeRoot(grown)).toEqual(ROOTS[at + 1])
      expect(rangeRoot(appendLeaves(EMPTY_RANGE, LEAVES.slice(0, at + 1)))).toEqual(ROOTS[at + 1])
      expect(rootAt(BigInt(at + 1), READ)).toEqual(ROOTS[at + 1])
    }
    expect(grown.size).toBe(70n)
  })

  test('tells of each node once, when it is complete, children first', () => {
    const seen = new Map<string, Uint8Array>()
    appendLeaves(EMPTY_RANGE, LEAVES, (level, index, hash) => {
      if (level > 0) {
        const children = [index * 2n, index * 2n + 1n].map((child) => seen.get(`${level - 1}/${child}`)!)
        expect(hash).toEqual(nodeHash(children[0]!, children[1]!))
      }
      expect(seen.has(`${level}/${index}`)).toBe(false)
      seen.set(`${level}/${index}`, hash)
    })
    expect(seen.size).toBe(70 + 35 + 17 + 8 + 4 + 2 + 1)
  })

  test('goes on from where it was stored', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const stored = compactRange(BigInt(size), rangeNodes(BigInt(size)).map(READ))
        return Buffer.compare(rangeRoot(appendLeaves(stored, LEAVES.slice(size))), ROOTS[70]!) === 0
      })
    )
  })

  test.each([
    ['hashes that are too few', () => compactRange(3n, [LEAVES[0]!])],
    ['a hash of 31 bytes', () => compactRange(1n, [LEAVES[0]!.subarray(1)])],
    ['a size below zero', () => compactRange(-1n, [])],
    ['a leaf over 2^63', () => appendLeaves({ size: MAX_TREE_SIZE, hashes: [LEAVES[0]!] }, [LEAVES[0]!])],
    ['a node of other lengths', () => nodeHash(LEAVES[0]!.subarray(1), new Uint8Array(33))]
  ])('refuses %s', (_, run) => {
    expect(run).toThrow(TypeError)
  })
})

describe('a proof', () => {
  test('is that of RFC 6962, hash by hash', () => {
    fc.assert(
      fc.property(inTree, extension, ({ index, size }, { size1, size2 }) => {
        expect(inclusion(index, size).proof).toEqual(naiveInclusion(index, LEAVES.slice(0, size)))
        expect(consistency(size1, size2).proof).toEqual(naiveConsistency(size1, LEAVES.slice(0, size2)))
      })
    )
  })

  test('of inclusion verifies for every leaf of every tree', () => {
    for (let size = 1; size <= LEAVES.length; size++) {
      for (let index = 0; index < size; index++) verifyInclusion(inclusion(index, size))
    }
  })

  test('of consistency verifies between every two trees', () => {
    for (let size2 = 1; size2 <= LEAVES.length; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) verifyConsistency(consistency(size1, size2))
    }
  })

  test('of inclusion is refused when anything in it or of its claim is changed', () => {
    fc.assert(
      fc.property(inTree, fc.nat(255), ({ index, size }, bit) => {
        const good = inclusion(index, size)
        const changed: readonly InclusionClaim[] = [
          ...changedProofs(good.proof, bit).map((proof) => ({ ...good, proof })),
          { ...good, leafHash: flipped(good.leafHash, bit) },
          { ...good, leafHash: good.leafHash.subarray(1) },
          { ...good, root: flipped(good.root, bit) },
          { ...good, root: good.root.subarray(1) },
          { ...good, leafIndex: -1n },
          { ...good, treeSize: 0n },
          ...[good.leafIndex + 1n, good.leafIndex - 1n, good.leafIndex ^ 2n].map((leafIndex) => ({
            ...good,
            leafIndex
          }))
        ]
        for (const claim of changed) expect(codeOf(() => verifyInclusion(claim))).toMatch(REFUSED)
      })
    )
  })

  test('of consistency is refused when anything in it or of its claim is changed', () => {
    fc.assert(
      fc.property(extension, fc.nat(255), ({ size1, size2 }, bit) => {
        const good = consistency(size1, size2)
        const changed: readonly ConsistencyClaim[] = [
          ...changedProofs(good.proof, bit).map((proof) => ({ ...good, proof })),
          { ...good, root1: flipped(good.root1, bit) },
          { ...good, root2: flipped(good.root2, bit) },
          { ...good, root1: good.root1.subarray(1) },
          { ...good, size1: good.size2 + 1n },
          { ...good, size1: 0n }
        ]
        for (const claim of changed) expect(codeOf(() => verifyConsistency(claim))).toMatch(REFUSED)
      })
    )
  })

  test('does not hold between trees of other leaves', () => {
    const others = leavesOf(70, 1)
    fc.assert(
      fc.property(extension, ({ size1, size2 }) => {
        const forked = { ...consistency(size1, size2), root1: naiveRoot(others.slice(0, size1)) }
        expect(codeOf(() => verifyConsistency(forked))).toBe('PROOF_INVALID')
      })
    )
  })

  test('says which of the two it is: no proof at all, or one of something else', () => {
    const good = inclusion(5, 9)
    expect(codeOf(() => verifyInclusion({ ...good, root: ROOTS[8]! }))).toBe('PROOF_INVALID')
    expect(codeOf(() => verifyInclusion({ ...good, proof: [] }))).toBe('PROOF_MALFORMED')
    expect(codeOf(() => verifyConsistency({ ...consistency(4, 9), root2: ROOTS[8]! }))).toBe('PROOF_INVALID')
    expect(codeOf(() => verifyConsistency({ ...consistency(4, 9), proof: [] }))).toBe('PROOF_MALFORMED')
  })

  test.each<[string, () => unknown]>([
    ['a leaf behind the last', () => planInclusion(7n, 7n)],
    ['a leaf below zero', () => planInclusion(-1n, 7n)],
    ['a tree over 2^63', () => planInclusion(0n, MAX_TREE_SIZE + 1n)],
    ['a tree that shrinks', () => planConsistency(8n, 7n)],
    ['an empty tree, which everything extends', () => planConsistency(0n, 7n)],
    ['a root of a tree below zero', () => rootAt(-1n, READ)]
  ])('is not made for %s', (_, run) => {
    expect(codeOf(() => run())).toBe('PROOF_MALFORMED')
  })
})

describe('a tree of up to 2^63 leaves', () => {
  const leaf = LEAVES[0]!
  const read = uniformReader(leaf)

  test('gives proofs that verify and that change with one bit', () => {
    fc.assert(
      fc.property(large, large, fc.nat(255), (a, b, bit) => {
        const [size1, size2] = a < b ? [a, b] : [b, a]
        const [root1, root2] = [rootAt(size1, read), rootAt(size2, read)]
        const path = proveInclusion(size1 - 1n, size2, read)
        const included = { leafIndex: size1 - 1n, treeSize: size2, leafHash: leaf, root: root2, proof: path }
        verifyInclusion(included)
        const extended = { size1, size2, root1, root2, proof: proveConsistency(size1, size2, read) }
        verifyConsistency(extended)
        expect(path.length).toBeLessThanOrEqual(63)
        for (const proof of changedProofs(path, bit).filter((proof) => proof.length !== path.length)) {
          expect(codeOf(() => verifyInclusion({ ...included, proof }))).toBe('PROOF_MALFORMED')
        }
        expect(codeOf(() => verifyConsistency({ ...extended, root2: flipped(root2, bit) }))).toBe('PROOF_INVALID')
      })
    )
  })

  test('reaches 2^63 and no further', () => {
    const proof = proveInclusion(MAX_TREE_SIZE - 1n, MAX_TREE_SIZE, read)
    const root = rootAt(MAX_TREE_SIZE, read)
    const claim = { leafIndex: MAX_TREE_SIZE - 1n, treeSize: MAX_TREE_SIZE, leafHash: leaf, root, proof }
    verifyInclusion(claim)
    expect(proof.length).toBe(63)
    expect(codeOf(() => verifyInclusion({ ...claim, treeSize: MAX_TREE_SIZE + 1n }))).toBe('PROOF_MALFORMED')
  })
})
