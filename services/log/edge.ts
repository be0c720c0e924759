import { appendLeaves, type CompactRange, rangeRoot } from '../../attestation/tlog/compact-range.ts'
import { encodeTile } from '../../attestation/tlog/tile.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../../attestation/tlog/tile-path.ts'

/** The growing edge of the tree: all that appending to it needs, whatever its size. */
export interface TreeEdge {
  readonly range: CompactRange
  /** Of each tile level the hashes of its last, partial tile; empty where that level ends with a full one. */
  readonly rows: readonly (readonly Uint8Array[])[]
}

export interface ChangedTile {
  readonly level: number
  readonly index: bigint
  readonly hashes: Uint8Array
}

/** A tree that has grown: its new edge, its root, and the tiles that are to be stored for it. */
export interface Grown {
  readonly edge: TreeEdge
  readonly root: Uint8Array
  readonly tiles: readonly ChangedTile[]
}

export const EMPTY_EDGE: TreeEdge = { range: { size: 0n, hashes: [] }, rows: [] }

/** The tree with these leaves more. Pure: the edge given stays as it was, for when what follows fails. */
export function growTree({ range, rows }: TreeEdge, leafHashes: readonly Uint8Array[]): Grown {
  const last: Uint8Array[][] = rows.map((row) => [...row])
  const changed = new Map<string, { level: number; index: bigint; row: readonly Uint8Array[] }>()
  const grown = appendLeaves(range, leafHashes, (height, index, hash) => {
    if (height % TILE_HEIGHT !== 0) return
    const level = height / TILE_HEIGHT
    const row = last[level] ?? []
    last[level] = row
    row.push(hash)
    const tile = index >> BigInt(TILE_HEIGHT)
    changed.set(`${level}/${tile}`, { level, index: tile, row })
    if (row.length === TILE_WIDTH) last[level] = []
  })
  const tiles = [...changed.values()].map(({ level, index, row }) => ({ level, index, hashes: encodeTile(row) }))
  return { edge: { range: grown, rows: last }, root: rangeRoot(grown), tiles }
}
