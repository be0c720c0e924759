import { decodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { HASH_BYTES } from '../../attestation/tlog/hash.ts'
import { encodeEntryBundle } from '../../attestation/tlog/tile.ts'
import { parseTilePath, TILE_WIDTH, type TileId, tileWidth } from '../../attestation/tlog/tile-path.ts'
import type { LogStore, StoredCheckpoint } from './store.ts'

/** What strangers read of the log, as C2SP tlog-tiles names and encodes it, and `blob/sha256/<hex>`. */
export interface PublicFile {
  readonly body: Uint8Array
  readonly contentType: string
  /** False for what changes: the checkpoint alone. */
  readonly isImmutable: boolean
}

const TEXT = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'

/** The file at a path without its leading slash, as far as this checkpoint reaches; undefined where there is none. */
export async function readPublicFile(
  path: string,
  checkpoint: StoredCheckpoint,
  store: LogStore
): Promise<PublicFile | undefined> {
  if (path === 'checkpoint') return { body: checkpoint.note, contentType: TEXT, isImmutable: false }
  const digest = /^blob\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1]
  const body =
    digest === undefined ? await readTile(path, checkpoint.size, store) : await store.findBlob(decodeHex(digest))
  return body === undefined ? undefined : { body, contentType: BYTES, isImmutable: true }
}

async function readTile(path: string, treeSize: bigint, store: LogStore): Promise<Uint8Array | undefined> {
  const tile = tileAt(path)
  if (tile === undefined) return undefined
  const { level, index, width } = tile
  // A tile may be narrower than it is by now: what an older checkpoint needed is served as long as anything.
  if (width > tileWidth(level === 'entries' ? 0 : level, index, treeSize)) return undefined
  if (level === 'entries') return encodeEntryBundle(await store.readEntries(index * BigInt(TILE_WIDTH), width))
  const hashes = (await store.readTiles([{ level, index }])).get(`${level}/${index}`)
  return hashes?.subarray(0, width * HASH_BYTES)
}

function tileAt(path: string): TileId | undefined {
  try {
    return parseTilePath(path)
  } catch (error) {
    if (error instanceof AttestationError) return undefined
    throw error
  }
}
