import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../attestation/encoding.ts'
import { appendLeaves, EMPTY_RANGE } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import {
  planConsistency,
  planInclusion,
  proveConsistency,
  proveInclusion,
  rootAt
} from '../../../attestation/tlog/prove.ts'
import {
  encodeEntryBundle,
  encodeTile,
  parseEntryBundle,
  parseTile,
  placeOf,
  type Tile,
  tileHashReader,
  tileOf,
  tilesOf
} from '../../../attestation/tlog/tile.ts'
import { parseTilePath, tileLevels, tilePath, tileWidth } from '../../../attestation/tlog/tile-path.ts'
import { MAX_TREE_SIZE } from '../../../attestation/tlog/tree-size.ts'
import { verifyConsistency, verifyInclusion } from '../../../attestation/tlog/verify-proof.ts'
import { codeOf } from './code-of.ts'
import { leavesOf, naiveRoot } from './trees.ts'

const COUNT = 70_000
const LEAVES = leavesOf(COUNT)

/** The bytes of every tile of the tree, as a log would store them. */
const STORED = new Map<string, Uint8Array[]>()
appendLeaves(EMPTY_RANGE, LEAVES, (level, index, hash) => {
  if (level % 8 !== 0) return
  const place = placeOf({ level, index })
  const key = `${place.level}/${place.index}`
  STORED.set(key, [...(STORED.get(key) ?? []), hash].slice(0, 256))
})

/** A reader for one tree size, which takes a partial tile where the tree has one. */
function readerAt(size: bigint) {
  const fetched = new Map<string, Tile>()
  const reader = tileHashReader((level, index) => {
    const key = `${level}/${index}`
    const width = tileWidth(level, index, size)
    const tile = fetched.get(key) ?? parseTile(encodeTile(STORED.get(key)!.slice(0, width)), width)
    fetched.set(key, tile)
    return tile
  })
  return { reader, fetched }
}

describe('tiles', () => {
  test('hold what every proof needs, and a plan names exactly those', () => {
    const sizes = fc.integer({ min: 1, max: COUNT })
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [size1, size2] = [BigInt(Math.min(a, b)), BigInt(Math.max(a, b))]
        const [root1, root2] = [rootAt(size1, readerAt(size1).reader), rootAt(size2, readerAt(size2).reader)]
        const { reader, fetched } = readerAt(size2)
        const [leafIndex, leaf] = [size1 - 1n, LEAVES[Number(size1) - 1]!]
        const path = proveInclusion(leafIndex, size2, reader)
        verifyInclusion({ leafIndex, treeSize: size2, leafHash: leaf, root: root2, proof: path })
        const extension = proveConsistency(size1, size2, reader)
        verifyConsistency({ size1, size2, root1, root2, proof: extension })
        const plan = [...planInclusion(leafIndex, size2), ...planConsistency(size1, size2)]
        const planned = tilesOf(plan.flat(), size2)
        expect(planned.map(({ level, index }) => `${level}/${index}`).sort()).toEqual([...fetched.keys()].sort())
        for (const { level, index, width } of planned) expect(fetched.get(`${level}/${index}`)?.width).toBe(width)
      }),
      { numRuns: 50 }
    )
  })

  test('have the roots of the whole tree', () => {
    expect(rootAt(BigInt(COUNT), readerAt(BigInt(COUNT)).reader)).toEqual(naiveRoot(LEAVES))
  })

  test('are as many and as wide as tlog-tiles says', () => {
    const stored = tileLevels(BigInt(COUNT)).map(({ level, full, partial }) => [level, Number(full), partial])
    expect(stored).toEqual([
      [0, 273, 112],
      [1, 1, 17],
      [2, 0, 1]
    ])
    expect(STORED.get('0/273')).toHaveLength(112)
    expect(STORED.get('1/1')).toHaveLength(17)
    expect([tileWidth(0, 272n, 70_000n), tileWidth(0, 273n, 70_000n), tileWidth(0, 274n, 70_000n)]).toEqual([
      256, 112, 0
    ])
    expect(tileLevels(MAX_TREE_SIZE).at(-1)).toEqual({ level: 7, full: 0n, partial: 128 })
    expect(tileLevels(0n)).toEqual([])
  })

  test('are written as they are read', () => {
    const bytes = encodeTile(LEAVES.slice(0, 3))
    expect(bytes.byteLength).toBe(96)
    const tile = parseTile(bytes, 3)
    expect([tile.hash(0, 2), tile.hash(1, 0)]).toEqual([LEAVES[2], naiveRoot(LEAVES.slice(0, 2))])
  })

  test.each<[string, (tile: Tile) => unknown]>([
    ['a hash behind its end', (tile) => tile.hash(0, 3)],
    ['a node that is not complete', (tile) => tile.hash(1, 1)],
    ['a row over its root', (tile) => tile.hash(9, 0)],
    ['a row below its lowest', (tile) => tile.hash(-1, 0)]
  ])('have no hash for %s', (_, ask) => {
    expect(() => ask(tileOf(LEAVES.slice(0, 3)))).toThrow(TypeError)
  })

  test.each<[string, () => unknown]>([
    ['one hash too few', () => parseTile(new Uint8Array(64), 3)],
    ['one hash too many', () => parseTile(new Uint8Array(128), 3)],
    ['half a hash', () => parseTile(new Uint8Array(112), 3)],
    ['no hash', () => parseTile(new Uint8Array(0), 0)],
    ['257 hashes', () => parseTile(new Uint8Array(257 * 32), 257)]
  ])('are refused with %s', (_, run) => {
    expect(codeOf(run)).toBe('TILE_MALFORMED')
  })
})

describe('an entry bundle', () => {
  const entry = fc.uint8Array({ maxLength: 300 })

  test('is read as it is written', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 256 }), (entries) => {
        const read = parseEntryBundle(encodeEntryBundle(entries), entries.length)
        expect(read.map((bytes) => Uint8Array.from(bytes))).toEqual(entries)
      })
    )
  })

  const two = encodeEntryBundle([encodeUtf8('one'), encodeUtf8('two')])
  test.each<[string, () => unknown]>([
    ['an entry too few', () => parseEntryBundle(two, 3)],
    ['an entry too many', () => parseEntryBundle(two, 1)],
    ['an entry cut short', () => parseEntryBundle(two.subarray(0, -1), 2)],
    ['a byte more', () => parseEntryBundle(concatBytes(two, Uint8Array.of(0)), 2)],
    ['an entry over the limit', () => parseEntryBundle(two, 2, 2)],
    ['no entries', () => parseEntryBundle(new Uint8Array(0), 0)]
  ])('is refused with %s', (_, run) => {
    expect(codeOf(run)).toBe('TILE_MALFORMED')
  })

  test('hashes to its tile', () => {
    const [first] = parseEntryBundle(encodeEntryBundle([Uint8Array.of(0, 0, 0, 0)]), 1)
    expect(leafHash(first!)).toEqual(LEAVES[0])
  })
})

describe('the path of a tile', () => {
  test('is read as it is written', () => {
    const tile = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
      index: fc.oneof(fc.bigInt({ min: 0n, max: MAX_TREE_SIZE }), fc.bigInt({ min: 0n, max: 2000n })),
      width: fc.integer({ min: 1, max: 256 })
    })
    fc.assert(
      fc.property(tile, (id) => {
        expect(parseTilePath(tilePath(id))).toEqual(id)
      })
    )
  })

  test.each([
    ['tile/0/000', { level: 0, index: 0n, width: 256 }],
    ['tile/0/x001/000.p/1', { level: 0, index: 1000n, width: 1 }],
    ['tile/entries/999.p/255', { level: 'entries', index: 999n, width: 255 }]
  ])('%s is one', (path, id) => {
    expect(parseTilePath(path)).toEqual(id)
  })

  test.each([
    '',
    'checkpoint',
    '/tile/0/000',
    'tile/0/000/',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/data/000',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/x001/x002',
    'tile/0/x001002',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000.p/1/2',
    'tile/0/../000',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    `tile/0/${'x000/'.repeat(1000)}000`,
    'tile/0/٠٠٠'
  ])('%s is none', (path) => {
    expect(codeOf(() => parseTilePath(path))).toBe('TILE_MALFORMED')
  })
})
