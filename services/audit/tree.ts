import { equalBytes } from '../../attestation/crypto.ts'
import { appendLeaves, type CompactRange, EMPTY_RANGE } from '../../attestation/tlog/compact-range.ts'
import { HASH_BYTES } from '../../attestation/tlog/hash.ts'
import type { HashReader } from '../../attestation/tlog/node-id.ts'
import { rootAt } from '../../attestation/tlog/prove.ts'
import { type Tile, tileHashReader } from '../../attestation/tlog/tile.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../../attestation/tlog/tile-path.ts'

/** Gives the full or partial tile of level 0 that a node below the tiles' roots lies in. */
export type LeafTiles = (index: bigint) => Tile

/**
 * The auditor's own tree: of each full tile of leaves its root, and every node above. 64 bytes for 256 leaves, so that a
 * log of 10^8 leaves fits 25 MB. Leaf hashes are had again from the log where a head lies inside a tile.
 */
export class AuditTree {
  /** By level from the tiles' roots up: hashes one after the other. */
  readonly #levels: Row[] = []
  #range: CompactRange = EMPTY_RANGE

  /** Full tiles. */
  get tiles(): number {
    return Number(this.#range.size)
  }

  /** Leaves in full tiles. */
  get size(): bigint {
    return this.#range.size * BigInt(TILE_WIDTH)
  }

  append(tileRoots: readonly Uint8Array[]): void {
    this.#range = appendLeaves(this.#range, tileRoots, (level, _, hash) => {
      const row = this.#levels[level] ?? new Row()
      this.#levels[level] = row
      row.push(hash)
    })
  }

  tileRoot(index: number): Uint8Array {
    return this.#node(0, index)
  }

  /** Whether this is the tile of leaves that was read before. */
  isTile(index: bigint, tile: Tile): boolean {
    return tile.width === TILE_WIDTH && equalBytes(tile.hash(TILE_HEIGHT, 0), this.tileRoot(Number(index)))
  }

  root(size: bigint, leaves: LeafTiles): Uint8Array {
    return rootAt(size, this.reader(leaves))
  }

  reader(leaves: LeafTiles): HashReader {
    const inTile = tileHashReader((_, index) => leaves(index))
    return (node) =>
      node.level < TILE_HEIGHT ? inTile(node) : this.#node(node.level - TILE_HEIGHT, Number(node.index))
  }

  #node(level: number, index: number): Uint8Array {
    const row = this.#levels[level]
    if (row === undefined) throw new TypeError(`no node ${level}/${index}`)
    return row.at(index)
  }
}

/** Hashes in one buffer that doubles. */
class Row {
  #bytes = new Uint8Array(HASH_BYTES * 64)
  #length = 0

  push(hash: Uint8Array): void {
    const end = (this.#length + 1) * HASH_BYTES
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(this.#bytes.byteLength * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(hash, end - HASH_BYTES)
    this.#length++
  }

  at(index: number): Uint8Array {
    if (index < 0 || index >= this.#length) throw new TypeError(`no hash ${index} of ${this.#length}`)
    return this.#bytes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES)
  }
}
