import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appendLeaves, EMPTY_RANGE, rangeRoot } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { rootAt } from '../../../attestation/tlog/prove.ts'
import { parseTile, tileHashReader } from '../../../attestation/tlog/tile.ts'
import { tileWidth } from '../../../attestation/tlog/tile-path.ts'
import { EMPTY_EDGE, growTree, type TreeEdge } from '../../../services/log/edge.ts'

const hashes = (from: number, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, at) => leafHash(new TextEncoder().encode(String(from + at))))

/** Grows by these many leaves a time, and keeps the tiles as a log stores them. */
function grow(steps: readonly number[]) {
  const tiles = new Map<string, Uint8Array>()
  let edge: TreeEdge = EMPTY_EDGE
  let [size, root] = [0, rangeRoot(EMPTY_RANGE)]
  for (const count of steps) {
    const grown = growTree(edge, hashes(size, count))
    for (const tile of grown.tiles) tiles.set(`${tile.level}/${tile.index}`, tile.hashes)
    edge = grown.edge
    root = grown.root
    size += count
  }
  return { tiles, root, size }
}

describe('a tree that grows', () => {
  it('has the root of its leaves and tiles to prove from, however they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }), (steps) => {
        const { tiles, root, size } = grow(steps)
        expect(root).toEqual(rangeRoot(appendLeaves(EMPTY_RANGE, hashes(0, size))))
        const read = tileHashReader((level, index) => {
          const bytes = tiles.get(`${level}/${index}`) ?? new Uint8Array(0)
          expect(bytes.byteLength).toBe(32 * tileWidth(level, index, BigInt(size)))
          return parseTile(bytes, bytes.byteLength / 32)
        })
        expect(rootAt(BigInt(size), read)).toEqual(root)
      }),
      { numRuns: 40 }
    )
  })

  it('leaves the edge that it grew from as it was', () => {
    const { edge } = growTree(EMPTY_EDGE, hashes(0, 300))
    const [once, again] = [growTree(edge, hashes(300, 500)), growTree(edge, hashes(300, 500))]
    expect(again).toEqual(once)
  })
})
