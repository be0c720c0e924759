import { appendFile, mkdir, open, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { HASH_BYTES } from '../../attestation/tlog/hash.ts'
import type { NoteKey } from '../../attestation/tlog/note-key.ts'
import { lockFolder } from '../runtime/folder-lock.ts'
import { readIfThere, writeWhole } from '../runtime/stored-files.ts'
import { unixSeconds } from '../runtime/time.ts'
import { type Found, NOTHING_FOUND } from './findings.ts'
import { type LeafCounts, NO_LEAVES } from './leaf-audit.ts'
import { AuditTree } from './tree.ts'

/** How far an audit has come: whole tiles of leaves, what they were, and what was found in them. */
export interface Progress {
  readonly tree: AuditTree
  readonly counts: LeafCounts
  readonly found: Found
}

/** Where an auditor keeps what it has seen of one log from one run to the next. */
export interface AuditState extends AsyncDisposable {
  /** For people; undefined where nothing is kept. */
  readonly folder: string | undefined
  readProgress(): Promise<Progress>
  /** After leaves up to `progress.tree.size`; what was appended since the last call is in `tileRoots`. */
  writeProgress(progress: Progress, tileRoots: readonly Uint8Array[]): Promise<void>
  /** The next audit reads the log from its first leaf. Heads and evidence stay. */
  discardProgress(): Promise<void>
  /** Notes of every head that was ever seen, in the order in which they were. */
  readHeads(): Promise<readonly Uint8Array[]>
  appendHead(note: Uint8Array, seenAt: Date): Promise<void>
  /** Keeps what shows a third person that the log is not what it should be, and says where. */
  writeEvidence(name: string, bytes: Uint8Array): Promise<string>
}

const PROGRESS = 'progress.json'
const TILES = 'tiles.bin'
const HEADS = 'heads.jsonl'
const MODE = 0o600

/** Nothing outlives the process. */
export function stateInMemory(): AuditState {
  const heads: Uint8Array[] = []
  let progress: Progress | undefined
  return {
    folder: undefined,
    readProgress: async () => progress ?? newProgress(),
    writeProgress: async (next) => {
      progress = next
    },
    discardProgress: async () => {
      progress = undefined
    },
    readHeads: async () => heads,
    appendHead: async (note) => {
      heads.push(note)
    },
    writeEvidence: async (name) => `${name} (not kept: no state folder)`,
    async [Symbol.asyncDispose]() {}
  }
}

/**
 * Files in `<folder>/log-<id>`, where the id is of the log's origin and key: `heads.jsonl` (as a client's `seen.jsonl`),
 * `tiles.bin` (the root of each full tile of leaves), `progress.json`, and evidence. One process at a time.
 */
export async function openAuditState(folder: string, key: NoteKey): Promise<AuditState> {
  const own = join(folder, logFolderName(key))
  await mkdir(own, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(own, 'an audit')
  const file = (of: string): string => join(own, of)
  return {
    folder: own,
    readProgress: () => readProgress(file(PROGRESS), file(TILES)),
    writeProgress: async ({ tree, counts, found }, tileRoots) => {
      // Roots before the size that counts them: what a crash leaves too many is cut off again.
      await appendFile(file(TILES), Buffer.concat(tileRoots), { mode: MODE })
      const stored = { tiles: tree.tiles, root: encodeHex(rootOf(tree)), counts, found }
      await writeWhole(file(PROGRESS), encodeUtf8(JSON.stringify(stored)), MODE)
    },
    discardProgress: async () => {
      await writeWhole(file(PROGRESS), encodeUtf8(JSON.stringify({ tiles: 0 })), MODE)
      await writeWhole(file(TILES), new Uint8Array(0), MODE)
    },
    readHeads: async () => parseSeenHeads((await readIfThere(file(HEADS))) ?? new Uint8Array(0)),
    appendHead: async (note, seenAt) => {
      const seen = { checkpoint: decodeUtf8(note), seen_at: unixSeconds(seenAt) }
      await endLine(file(HEADS))
      await appendFile(file(HEADS), `${JSON.stringify(seen)}\n`, { mode: MODE })
    },
    writeEvidence: async (of, bytes) => {
      await writeWhole(file(of), bytes, MODE)
      return file(of)
    },
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]()
  }
}

/** As a client names its memory of a log. */
export function logFolderName({ name, publicKey }: NoteKey): string {
  return `log-${encodeHex(sha256(encodeUtf8(`${name}\n`), publicKey)).slice(0, 16)}`
}

function newProgress(): Progress {
  return { tree: new AuditTree(), counts: NO_LEAVES, found: NOTHING_FOUND }
}

interface StoredProgress extends Omit<Progress, 'tree'> {
  readonly tiles: number
  /** Of the tree of whole tiles. */
  readonly root: string
}

/** What does not hang together, after a disk's failure or by somebody's hand, counts for nothing: the audit begins anew. */
async function readProgress(file: string, tilesFile: string): Promise<Progress> {
  const stored = parseStored(await readIfThere(file))
  if (stored === undefined) return emptied(tilesFile)
  const length = stored.tiles * HASH_BYTES
  const bytes = (await readIfThere(tilesFile)) ?? new Uint8Array(0)
  if (bytes.byteLength < length) return emptied(tilesFile)
  const tree = new AuditTree()
  tree.append(Array.from({ length: stored.tiles }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)))
  if (!equalBytes(rootOf(tree), decodeHex(stored.root))) return emptied(tilesFile)
  if (bytes.byteLength > length) await truncate(tilesFile, length)
  return { tree, counts: stored.counts, found: stored.found }
}

function parseStored(bytes: Uint8Array | undefined): StoredProgress | undefined {
  if (bytes === undefined) return undefined
  try {
    const stored = JSON.parse(decodeUtf8(bytes)) as StoredProgress
    return stored.tiles > 0 ? stored : undefined
  } catch {
    return undefined
  }
}

async function emptied(tilesFile: string): Promise<Progress> {
  if ((await readIfThere(tilesFile)) !== undefined) await truncate(tilesFile, 0)
  return newProgress()
}

function rootOf(tree: AuditTree): Uint8Array {
  return tree.root(tree.size, () => {
    throw new TypeError('a tree of whole tiles has no node below them')
  })
}

/** A line that a crash cut short is ended, so that the next is one of its own. */
async function endLine(file: string): Promise<void> {
  const bytes = await readIfThere(file)
  if (bytes === undefined || bytes.byteLength === 0 || bytes.at(-1) === 0x0a) return
  await using handle = await open(file, 'a')
  await handle.write('\n')
}

/**
 * The notes of a client's `seen.jsonl` (one object a line, `checkpoint` the note), or of a file that is one note. A line that
 * is no such object, as a crash leaves one, is passed over: it accuses nobody.
 */
function parseSeenHeads(bytes: Uint8Array): readonly Uint8Array[] {
  const text = decodeUtf8(bytes)
  if (text !== '' && !text.startsWith('{')) return [bytes]
  return text.split('\n').flatMap((line) => {
    if (line === '') return []
    try {
      const { checkpoint } = JSON.parse(line) as { readonly checkpoint?: unknown }
      return typeof checkpoint === 'string' ? [encodeUtf8(checkpoint)] : []
    } catch {
      return []
    }
  })
}

export async function readSeenFile(file: string): Promise<readonly Uint8Array[]> {
  return parseSeenHeads(await readFile(file))
}
