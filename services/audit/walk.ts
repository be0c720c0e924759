import { equalBytes } from '../../attestation/crypto.ts'
import { leafHash } from '../../attestation/tlog/hash.ts'
import { MAX_LEAF_BYTES } from '../../attestation/tlog/leaf.ts'
import { parseEntryBundle, parseTile, type Tile, tileOf } from '../../attestation/tlog/tile.ts'
import { TILE_HEIGHT, TILE_WIDTH, tilePath, tileWidth } from '../../attestation/tlog/tile-path.ts'
import { type AuditFinding, addFindings, type Found } from './findings.ts'
import { addCounts, type LeafAudited, type LeafCounts } from './leaf-audit.ts'
import type { LogFiles } from './log-files.ts'
import type { AuditState, Progress } from './state.ts'

export interface WalkContext {
  readonly files: LogFiles
  readonly state: AuditState
  readonly auditLeaf: (leaf: Uint8Array, index: bigint) => Promise<LeafAudited>
  readonly onProgress: (done: bigint, total: bigint) => void
  readonly signal: AbortSignal | undefined
}

export interface Walked {
  /** The tree of every full tile. */
  readonly tree: Progress['tree']
  /** The leaves after them, as a tile; undefined where there are none. */
  readonly last: Tile | undefined
  readonly counts: LeafCounts
  readonly found: Found
  /** The log does not serve all leaves that its head has. */
  readonly missing: AuditFinding | undefined
}

/** Tiles that are looked into at once. */
const AHEAD = 2
/** Leaves of one tile that are looked into at once: each may hold a MiB of evidence. */
const AT_ONCE = 16
/** Progress is stored so often, in milliseconds. */
const STORE_EVERY_MS = 2_000

interface AuditedTile {
  readonly tile: Tile
  readonly audited: readonly LeafAudited[]
  readonly findings: readonly AuditFinding[]
}

/**
 * Reads every leaf from where the last audit stopped to the head's size, in order; each tile's hashes are compared with those
 * of its leaves. What is done is stored whenever a tile is whole, so that an audit that is killed goes on from there.
 */
export async function walk(size: bigint, from: Progress, context: WalkContext): Promise<Walked> {
  const { state, onProgress, signal } = context
  const { tree } = from
  let { counts, found } = from
  const tiles = Number((size + BigInt(TILE_WIDTH - 1)) / BigInt(TILE_WIDTH))
  const ahead = new Map<number, Promise<AuditedTile | AuditFinding>>()
  let unstored: Uint8Array[] = []
  let storedAt = performance.now()
  const store = async (): Promise<void> => {
    if (unstored.length > 0) await state.writeProgress({ tree, counts, found }, unstored)
    unstored = []
    storedAt = performance.now()
  }
  for (let index = tree.tiles; index < tiles; index++) {
    for (let next = index; next < Math.min(tiles, index + AHEAD); next++) {
      if (!ahead.has(next)) ahead.set(next, quietly(auditTile(BigInt(next), size, context)))
    }
    const done = await (ahead.get(index) as Promise<AuditedTile | AuditFinding>)
    ahead.delete(index)
    if ('code' in done) {
      await store()
      return { tree, last: undefined, counts, found, missing: done }
    }
    const next = { counts: addCounts(counts, done.audited), found: addFindings(found, findingsOf(done)) }
    onProgress(BigInt(index) * BigInt(TILE_WIDTH) + BigInt(done.tile.width), size)
    if (done.tile.width < TILE_WIDTH) {
      // Leaves of a tile that is not full are looked into again next time.
      await store()
      return { tree, last: done.tile, ...next, missing: undefined }
    }
    ;({ counts, found } = next)
    const root = done.tile.hash(TILE_HEIGHT, 0)
    tree.append([root])
    unstored.push(root)
    if (performance.now() - storedAt >= STORE_EVERY_MS) await store()
    signal?.throwIfAborted()
  }
  await store()
  return { tree, last: undefined, counts, found, missing: undefined }
}

/** What a tile that is ahead throws is thrown when its turn comes. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function findingsOf({ audited, findings }: AuditedTile): readonly AuditFinding[] {
  return [...findings, ...audited.flatMap((one) => one.findings)]
}

async function auditTile(index: bigint, size: bigint, context: WalkContext): Promise<AuditedTile | AuditFinding> {
  const width = tileWidth(0, index, size)
  const [bundle, hashes] = await Promise.all([
    readTile(context.files, { level: 'entries', index, width }),
    readTile(context.files, { level: 0, index, width })
  ])
  const first = index * BigInt(TILE_WIDTH)
  if (bundle === undefined) return lost(`leaves ${first} to ${first + BigInt(width) - 1n}`)
  if (hashes === undefined) return lost(`the hashes of leaves ${first} to ${first + BigInt(width) - 1n}`)
  const leaves = parseEntryBundle(bundle.bytes, bundle.width, MAX_LEAF_BYTES).slice(0, width)
  const tile = tileOf(leaves.map(leafHash))
  const served = parseTile(hashes.bytes, hashes.width)
  const audited: LeafAudited[] = []
  for (let at = 0; at < width; at += AT_ONCE) {
    const some = leaves.slice(at, at + AT_ONCE)
    audited.push(...(await Promise.all(some.map((leaf, place) => context.auditLeaf(leaf, first + BigInt(at + place))))))
  }
  return { tile, audited, findings: tileFindings(`tile 0/${index}`, tile, served) }
}

/** The tiles above the leaves' from the one that has leaf `from` on: what the log serves, against what the leaves give. */
export async function auditUpperTiles(
  files: LogFiles,
  { size, from }: { readonly size: bigint; readonly from: bigint },
  node: (level: number, index: bigint) => Uint8Array
): Promise<readonly AuditFinding[]> {
  const findings: AuditFinding[] = []
  for (let level = 1; size >> BigInt(level * TILE_HEIGHT) > 0n; level++) {
    const row = size >> BigInt(level * TILE_HEIGHT)
    const start = from >> BigInt((level + 1) * TILE_HEIGHT)
    for (let index = start; index * BigInt(TILE_WIDTH) < row; index++) {
      const width = tileWidth(level, index, size)
      const served = await readTile(files, { level, index, width })
      if (served === undefined) findings.push(lost(`tile ${level}/${index}`))
      else {
        const own = Array.from({ length: width }, (_, at) =>
          node(level * TILE_HEIGHT, index * BigInt(TILE_WIDTH) + BigInt(at))
        )
        findings.push(...tileFindings(`tile ${level}/${index}`, tileOf(own), parseTile(served.bytes, served.width)))
      }
    }
  }
  return findings
}

function tileFindings(name: string, own: Tile, served: Tile): readonly AuditFinding[] {
  for (let at = 0; at < own.width; at++) {
    if (!equalBytes(own.hash(0, at), served.hash(0, at))) {
      return [{ code: 'TILE_MISMATCH', message: `${name} has at ${at} another hash than the leaves give` }]
    }
  }
  return []
}

interface ReadTile {
  readonly bytes: Uint8Array
  readonly width: number
}

/** A log that has grown since may serve a partial tile no more, but then the full one. */
export async function readTile(
  files: LogFiles,
  tile: { readonly level: number | 'entries'; readonly index: bigint; readonly width: number }
): Promise<ReadTile | undefined> {
  const bytes = await files.read(tilePath(tile))
  if (bytes !== undefined) return { bytes, width: tile.width }
  if (tile.width === TILE_WIDTH) return undefined
  const full = await files.read(tilePath({ ...tile, width: TILE_WIDTH }))
  return full === undefined ? undefined : { bytes: full, width: TILE_WIDTH }
}

function lost(what: string): AuditFinding {
  return { code: 'LEAVES_LOST', message: `the log does not serve ${what}, which its signed head has` }
}
