import { equalBytes } from '../../attestation/crypto.ts'
import { HASH_BYTES, leafHash } from '../../attestation/tlog/hash.ts'
import { encodeLogProof } from '../../attestation/tlog/log-proof.ts'
import { type Fold, foldHashes } from '../../attestation/tlog/node-id.ts'
import { type Proof, planConsistency, planInclusion } from '../../attestation/tlog/prove.ts'
import { parseTile, type Tile, tileHashReader, tilesOf } from '../../attestation/tlog/tile.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { LogStore, StoredCheckpoint } from './store.ts'

/** Makes proofs for a tree of a given size, from tiles that it keeps. */
export interface Prover {
  /** A C2SP tlog-proof of the leaf in the checkpoint. */
  proveLeaf(index: bigint, checkpoint: StoredCheckpoint): Promise<Uint8Array>
  proveConsistency(oldSize: bigint, size: bigint): Promise<Proof>
  /** The first leaf of the tree with this hash; undefined when it has none. */
  findLeaf(hash: Uint8Array, size: bigint): Promise<bigint | undefined>
}

/** A tile with all its inner nodes is 16 KiB in memory. */
const MOST_TILES = 256

export function createProver(store: LogStore): Prover {
  const kept = new Map<string, Tile>()
  const prove = async (folds: readonly Fold[], size: bigint): Promise<Proof> => {
    const tiles = await gatherTiles(store, kept, { folds, size })
    const read = tileHashReader((level, index) => tiles.get(`${level}/${index}`) as Tile)
    return folds.map((fold) => foldHashes(fold, read))
  }
  return {
    async proveLeaf(leafIndex, { size, note: checkpoint }) {
      if (leafIndex >= size) throw new ServiceError('NOT_FOUND', `no signed checkpoint has leaf ${leafIndex} yet`)
      return encodeLogProof({
        leafIndex,
        proof: await prove(planInclusion(leafIndex, size), size),
        checkpoint,
        extra: null
      })
    },
    async proveConsistency(oldSize, size) {
      if (oldSize > size) throw new ServiceError('NOT_FOUND', `no signed checkpoint has ${oldSize} leaves yet`)
      return prove(planConsistency(oldSize, size), size)
    },
    async findLeaf(hash, size) {
      for (const index of await store.findLeaves(hash)) {
        const [leaf] = index < size ? await store.readEntries(index, 1) : []
        if (leaf !== undefined && equalBytes(leafHash(leaf), hash)) return index
      }
      return undefined
    }
  }
}

/** The tiles that the folds read from, wide enough for a tree of this size; the least recently used are forgotten. */
async function gatherTiles(
  store: LogStore,
  kept: Map<string, Tile>,
  { folds, size }: { readonly folds: readonly Fold[]; readonly size: bigint }
): Promise<ReadonlyMap<string, Tile>> {
  const wanted = tilesOf(folds.flat(), size).map(({ level, index, width }) => {
    const key = `${level}/${index}`
    return { level: Number(level), index, width, key, known: kept.get(key) }
  })
  const missing = wanted.filter(({ known, width }) => (known?.width ?? 0) < width)
  const read = missing.length === 0 ? new Map<string, Uint8Array>() : await store.readTiles(missing)
  return new Map(
    wanted.map(({ key, width, known }) => {
      const hashes = read.get(key)
      const tile = hashes === undefined ? known : parseTile(hashes, hashes.byteLength / HASH_BYTES)
      if (tile === undefined || tile.width < width) {
        throw new ServiceError('LOG_STATE_INVALID', `tile ${key} has not ${width} hashes`)
      }
      keep(kept, key, tile)
      return [key, tile]
    })
  )
}

function keep(kept: Map<string, Tile>, key: string, tile: Tile): void {
  kept.delete(key)
  kept.set(key, tile)
  const [oldest] = kept.keys()
  if (kept.size > MOST_TILES && oldest !== undefined) kept.delete(oldest)
}
