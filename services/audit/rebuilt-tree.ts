import { proveConsistency, proveInclusion } from '../../attestation/tlog/prove.ts'
import { parseTile, type Tile } from '../../attestation/tlog/tile.ts'
import { TILE_WIDTH } from '../../attestation/tlog/tile-path.ts'
import type { LogFiles } from './log-files.ts'
import type { LeafTiles } from './tree.ts'
import { readTile, type Walked } from './walk.ts'

/** The tree that the log's leaves gave, as it was at any of its sizes. */
export interface RebuiltTree {
  /** Leaves. */
  readonly size: bigint
  rootAt(size: bigint): Promise<Uint8Array>
  /** That the tree extends that of `size` leaves. */
  proveFrom(size: bigint): Promise<readonly Uint8Array[]>
  /** That the leaf is in the tree of `size` leaves. */
  proveLeaf(index: bigint, size: bigint): Promise<readonly Uint8Array[]>
}

/** Leaf hashes inside tiles are had again from the log, and compared with the tile's root. Throws `TileChanged`. */
export function rebuiltTree(files: LogFiles, { tree, last }: Pick<Walked, 'tree' | 'last'>): RebuiltTree {
  const total = tree.size + BigInt(last?.width ?? 0)
  let known: { readonly index: bigint; readonly tile: Tile } | undefined
  const tileAt = async (index: bigint): Promise<Tile> => {
    if (index === BigInt(tree.tiles) && last !== undefined) return last
    if (known?.index === index) return known.tile
    const served = await readTile(files, { level: 0, index, width: TILE_WIDTH })
    const tile = served && parseTile(served.bytes, served.width)
    if (tile === undefined || !tree.isTile(index, tile)) throw new TileChanged(index)
    known = { index, tile }
    return tile
  }
  /** The tiles in which a tree of a size ends, or a leaf lies: nodes below tiles' roots are asked for in no others. */
  const leavesFor = async (...places: readonly bigint[]): Promise<LeafTiles> => {
    const tiles = new Map<bigint, Tile>()
    for (const place of places) {
      const index = place / BigInt(TILE_WIDTH)
      if (place < total) tiles.set(index, await tileAt(index))
      else if (last !== undefined) tiles.set(BigInt(tree.tiles), last)
    }
    return (index) => {
      const tile = tiles.get(index)
      if (tile === undefined) throw new TypeError(`no tile ${index}`)
      return tile
    }
  }
  return {
    size: total,
    rootAt: async (size) => tree.root(size, await leavesFor(size)),
    proveFrom: async (size) => proveConsistency(size, total, tree.reader(await leavesFor(size, total))),
    proveLeaf: async (index, size) => proveInclusion(index, size, tree.reader(await leavesFor(index, size)))
  }
}

/** The log serves another tile than when its leaves were read. */
export class TileChanged extends Error {
  readonly index: bigint

  constructor(index: bigint) {
    super(`tile 0/${index} is not what it was`)
    this.name = 'TileChanged'
    this.index = index
  }
}
