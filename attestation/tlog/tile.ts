import { ByteReader } from '../byte-reader.ts'
import { concatBytes, uint16 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { HASH_BYTES, nodeHash } from './hash.ts'
import type { HashReader, NodeId } from './node-id.ts'
import { TILE_HEIGHT, TILE_WIDTH, type TileId, tileWidth } from './tile-path.ts'

const MAX_ENTRY_BYTES = 0xffff

/** A tile's hashes, and those of the nodes inside it, which are computed once. */
export interface Tile {
  readonly width: number
  /** The hash of a complete subtree of this tile: `height` 0..8 above its lowest row, `offset` in that row. */
  hash(height: number, offset: number): Uint8Array
}

/** Which tile has a node (the full-width one that its place belongs to), and where in it. */
export interface TilePlace {
  readonly level: number
  readonly index: bigint
  readonly height: number
  readonly offset: number
}

/** Reads the hashes of a tile; refuses another number of them than its id says with `TILE_MALFORMED`. */
export function parseTile(bytes: Uint8Array, width: number): Tile {
  checkWidth(width)
  const reader = new ByteReader(bytes, 'TILE_MALFORMED')
  const row = reader.bytes(width * HASH_BYTES, `${width} hashes`)
  reader.end()
  return createTile(row, width)
}

/** A tile of 1..256 hashes. */
export function tileOf(hashes: readonly Uint8Array[]): Tile {
  return createTile(encodeTile(hashes), hashes.length)
}

/** All nodes in one buffer, 16 KiB of a full tile: an object for each would take five times as much. */
function createTile(row: Uint8Array, width: number): Tile {
  const starts = [0]
  for (let height = 1; height <= TILE_HEIGHT; height++) starts.push((starts[height - 1] ?? 0) + (width >> (height - 1)))
  const count = (starts[TILE_HEIGHT] ?? 0) + (width >> TILE_HEIGHT)
  const nodes = new Uint8Array(count * HASH_BYTES)
  nodes.set(row)
  const known = new Uint8Array(count).fill(1, 0, width)
  const hash = (height: number, offset: number): Uint8Array => {
    const start = starts[height]
    if (start === undefined || !Number.isInteger(offset) || offset < 0 || (offset + 1) << height > width) {
      throw new TypeError(`no node ${height}/${offset} in a tile of ${width}`)
    }
    const at = start + offset
    if (known[at] === 0) {
      nodes.set(nodeHash(hash(height - 1, offset * 2), hash(height - 1, offset * 2 + 1)), at * HASH_BYTES)
      known[at] = 1
    }
    return nodes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)
  }
  return { width, hash }
}

export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array {
  checkWidth(hashes.length)
  if (hashes.some((hash) => hash.byteLength !== HASH_BYTES)) throw new TypeError('a hash is not 32 bytes')
  return concatBytes(...hashes)
}

/** Each entry after its length as u16; at most 64 KiB - 1 each. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  checkWidth(entries.length)
  return concatBytes(...entries.flatMap((entry) => [uint16(entry.byteLength), entry]))
}

/** The entries of a bundle, which are as many as its id says and none over `maxBytes`. Refuses with `TILE_MALFORMED`. */
export function parseEntryBundle(bytes: Uint8Array, width: number, maxBytes = MAX_ENTRY_BYTES): readonly Uint8Array[] {
  checkWidth(width)
  const reader = new ByteReader(bytes, 'TILE_MALFORMED')
  const entries = Array.from({ length: width }, (_, at) => {
    const length = reader.uint16(`length of entry ${at}`)
    if (length > maxBytes) throw reader.refuse(`entry ${at} has ${length} bytes, at most ${maxBytes}`)
    return reader.bytes(length, `entry ${at}`)
  })
  reader.end()
  return entries
}

export function placeOf({ level, index }: NodeId): TilePlace {
  const height = level % TILE_HEIGHT
  const perTile = BigInt(TILE_HEIGHT - height)
  return {
    level: (level - height) / TILE_HEIGHT,
    index: index >> perTile,
    height,
    offset: Number(index & ((1n << perTile) - 1n))
  }
}

/** The tiles, of a tree of `treeSize`, that hold these nodes; each once. */
export function tilesOf(nodes: readonly NodeId[], treeSize: bigint): readonly TileId[] {
  const found = new Map<string, TileId>()
  for (const node of nodes) {
    const { level, index } = placeOf(node)
    const key = `${level}/${index}`
    if (!found.has(key)) found.set(key, { level, index, width: tileWidth(level, index, treeSize) })
  }
  return [...found.values()]
}

/** Reads nodes from tiles; `tile` gives the one at that level and index, as wide as the tree needs. */
export function tileHashReader(tile: (level: number, index: bigint) => Tile): HashReader {
  return (node) => {
    const { level, index, height, offset } = placeOf(node)
    return tile(level, index).hash(height, offset)
  }
}

function checkWidth(width: number): void {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new AttestationError('TILE_MALFORMED', `a tile of ${width} hashes`)
  }
}
