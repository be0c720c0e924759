import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { encodeHex } from '../../attestation/encoding.ts'
import { parseLeaf } from '../../attestation/tlog/leaf.ts'
import { parseEntryBundle } from '../../attestation/tlog/tile.ts'
import { TILE_WIDTH, type TileId, tileLevels, tilePath } from '../../attestation/tlog/tile-path.ts'
import { ServiceError } from '../runtime/errors.ts'
import { writeWhole } from '../runtime/stored-files.ts'
import { namedBlobs } from './intake.ts'
import { readPublicFile } from './public-files.ts'
import type { LogStore, StoredCheckpoint } from './store.ts'

export interface Exported {
  readonly treeSize: bigint
  /** That were not there yet. */
  readonly files: number
}

const READABLE = 0o644

/**
 * Writes the log as files in the layout that it is served in, so that any static server or object store can serve it. What is
 * there already is kept, for nothing but the checkpoint changes; that is written last, so that a folder at any moment is a whole log.
 */
export async function exportLog(folder: string, checkpoint: StoredCheckpoint, store: LogStore): Promise<Exported> {
  let files = 1
  const fetch = async (path: string): Promise<Uint8Array> => {
    const file = await readPublicFile(path, checkpoint, store)
    if (file === undefined) throw new ServiceError('LOG_STATE_INVALID', `the log does not hold ${path}`)
    return file.body
  }
  for (const tile of tilesOfTree(checkpoint.size)) {
    const path = tilePath(tile)
    if (await isThere(join(folder, path))) continue
    const body = await fetch(path)
    // Blobs before the entries that name them: where a bundle is, they are.
    const blobs = tile.level === 'entries' ? blobPaths(body, tile.width) : []
    for (const blob of blobs) {
      if (await isThere(join(folder, blob))) continue
      await write(join(folder, blob), await fetch(blob))
      files++
    }
    await write(join(folder, path), body)
    files++
  }
  await write(join(folder, 'checkpoint'), checkpoint.note)
  return { treeSize: checkpoint.size, files }
}

function* tilesOfTree(treeSize: bigint): Generator<TileId> {
  for (const { level, full, partial } of tileLevels(treeSize)) {
    for (const kind of level === 0 ? (['entries', 0] as const) : [level]) {
      for (let index = 0n; index < full; index++) yield { level: kind, index, width: TILE_WIDTH }
      if (partial > 0) yield { level: kind, index: full, width: partial }
    }
  }
}

function blobPaths(bundle: Uint8Array, width: number): readonly string[] {
  const digests = parseEntryBundle(bundle, width).flatMap((leaf) => namedBlobs(parseLeaf(leaf)))
  return digests.map((digest) => `blob/sha256/${encodeHex(digest)}`)
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeWhole(path, bytes, READABLE)
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
