import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { NoteKey } from '../../attestation/tlog/note-key.ts'
import { proveConsistency } from '../../attestation/tlog/prove.ts'
import { parseTile, type Tile } from '../../attestation/tlog/tile.ts'
import { TILE_WIDTH } from '../../attestation/tlog/tile-path.ts'
import { encodeAccusation } from './accusation.ts'
import type { AnchorHistory } from './anchor-history.ts'
import type { AuditFinding } from './findings.ts'
import { isoTime, type SignedHead } from './heads.ts'
import type { LogFiles } from './log-files.ts'
import type { AuditState } from './state.ts'
import type { LeafTiles } from './tree.ts'
import { readTile, type Walked } from './walk.ts'

export interface HeadCheckContext {
  readonly files: LogFiles
  readonly state: AuditState
  readonly key: NoteKey
  /** Whose tree was rebuilt. */
  readonly newest: SignedHead
  readonly walked: Pick<Walked, 'tree' | 'last'>
}

/** The tree as it was at a size. */
interface RebuiltTree {
  rootAt(size: bigint): Promise<Uint8Array>
  proveFrom(size: bigint): Promise<readonly Uint8Array[]>
}

/**
 * Every head that was ever signed and seen, against the tree that the log serves now: each must be what that tree was at its
 * size. Two that contradict each other are kept with the proof of it; a head with leaves that are served no more is kept too.
 */
export async function checkHeads(
  heads: readonly SignedHead[],
  context: HeadCheckContext
): Promise<readonly AuditFinding[]> {
  const { newest } = context
  const tree = rebuiltTree(context)
  const findings: AuditFinding[] = []
  for (const head of heads) {
    const { size, root } = head.checkpoint
    if (size > newest.checkpoint.size || size === 0n) continue
    const own = await tree.rootAt(size)
    if (!equalBytes(own, root)) findings.push(await accuse(head, own, { tree, context }))
  }
  const largest = heads.at(-1)
  if (largest === undefined || largest.checkpoint.size <= newest.checkpoint.size) return findings
  return [...findings, await reportLost(largest, context)]
}

interface Accusing {
  readonly tree: RebuiltTree
  readonly context: HeadCheckContext
}

async function accuse(first: SignedHead, otherRoot: Uint8Array, { tree, context }: Accusing): Promise<AuditFinding> {
  const { state, key, newest } = context
  const { size, root } = first.checkpoint
  const proof = await tree.proveFrom(size)
  const accusation = encodeAccusation({ key, first: first.note, second: newest.note, otherRoot, proof })
  const name = `fork-${encodeHex(sha256(first.note, newest.note)).slice(0, 16)}`
  const files = [
    await state.writeEvidence(`${name}.json`, accusation),
    await state.writeEvidence(`${name}-first.note`, first.note),
    await state.writeEvidence(`${name}-second.note`, newest.note)
  ]
  const message = `it signed ${encodeHex(root)} as the root of ${size} leaves, and its head of ${newest.checkpoint.size} has ${encodeHex(otherRoot)} there`
  return { code: 'LOG_FORKED', message, files }
}

async function reportLost(
  { checkpoint, note }: SignedHead,
  { state, newest }: HeadCheckContext
): Promise<AuditFinding> {
  const name = `lost-${encodeHex(sha256(note, newest.note)).slice(0, 16)}`
  const files = [
    await state.writeEvidence(`${name}-first.note`, note),
    await state.writeEvidence(`${name}-second.note`, newest.note)
  ]
  const message = `it signed a tree of ${checkpoint.size} leaves, and serves one of ${newest.checkpoint.size}`
  return { code: 'LEAVES_LOST', message, files }
}

/** Every head that the contract took, against the tree that the log serves now. */
export async function checkAnchors(
  history: AnchorHistory,
  context: HeadCheckContext
): Promise<readonly AuditFinding[]> {
  const { newest, state } = context
  const tree = rebuiltTree(context)
  const findings: AuditFinding[] = []
  const keep = async (transaction: number): Promise<readonly string[]> => {
    const boc = history.transactions[transaction] ?? new Uint8Array(0)
    const name = `anchor-${encodeHex(sha256(boc, newest.note)).slice(0, 16)}`
    return [await state.writeEvidence(`${name}.boc`, boc), await state.writeEvidence(`${name}.note`, newest.note)]
  }
  for (const { head, at, transaction } of history.heads) {
    const what = `${history.address} has taken ${encodeHex(head.rootHash)} as the root of ${head.treeSize} leaves at ${isoTime(at)}`
    if (head.treeSize > newest.checkpoint.size) {
      const message = `${what}, and the log serves ${newest.checkpoint.size} leaves`
      findings.push({ code: 'LEAVES_LOST', message, files: await keep(transaction) })
      continue
    }
    const own = await tree.rootAt(head.treeSize)
    if (equalBytes(own, head.rootHash)) continue
    const message = `${what}, and the log's tree has ${encodeHex(own)} there`
    findings.push({ code: 'ANCHOR_MISMATCH', message, files: await keep(transaction) })
  }
  return findings
}

/** Leaf hashes inside tiles are had again from the log, and compared with the tile's root; the last few are kept. */
function rebuiltTree({ files, walked: { tree, last }, newest }: HeadCheckContext): RebuiltTree {
  const { size: total } = newest.checkpoint
  let known: { readonly index: bigint; readonly tile: Tile } | undefined
  const tileAt = async (index: bigint): Promise<Tile> => {
    if (known?.index === index) return known.tile
    const served = await readTile(files, { level: 0, index, width: TILE_WIDTH })
    const tile = served && parseTile(served.bytes, served.width)
    // It was this when its leaves were read: a tile that is another now is found when it is looked into again.
    if (tile === undefined || !tree.isTile(index, tile)) throw new TileChanged(index)
    known = { index, tile }
    return tile
  }
  const leavesFor = async (...sizes: readonly bigint[]): Promise<LeafTiles> => {
    const tiles = new Map<bigint, Tile>()
    for (const size of sizes) {
      const index = size / BigInt(TILE_WIDTH)
      if (size % BigInt(TILE_WIDTH) === 0n) continue
      const isLast = index === BigInt(tree.tiles)
      if (isLast && last !== undefined) tiles.set(index, last)
      else if (!isLast) tiles.set(index, await tileAt(index))
    }
    return (index) => {
      const tile = tiles.get(index)
      if (tile === undefined) throw new TypeError(`no tile ${index}`)
      return tile
    }
  }
  return {
    rootAt: async (size) => tree.root(size, await leavesFor(size)),
    proveFrom: async (size) => proveConsistency(size, total, tree.reader(await leavesFor(size, total)))
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
