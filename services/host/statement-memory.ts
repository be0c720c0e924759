import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { concatBytes, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { parseUsage, verifyUsage } from '../../attestation/receipt/usage.ts'
import { type Keyset, parseKeyset } from '../../attestation/session/keyset.ts'
import type { Logger } from '../runtime/log.ts'

/** A statement as it was signed. */
export interface SignedStatement {
  readonly keyset: Keyset
  readonly statement: Uint8Array
  /** Of who pays for it, as the host's memory names it; empty where nobody does. */
  readonly account: string
}

/** One that an earlier start left. */
export interface LeftStatement extends SignedStatement {
  /** nanoTON. */
  readonly price: bigint
  /** The market has its word on it. */
  readonly forget: () => void
}

/** Signed statements that no relay has said are stored, in a file of the provider's. Relays see them anyway. */
export interface StatementMemory extends Disposable {
  /** By earlier starts, oldest first. Each proves itself: whatever does not is left out. */
  readonly left: readonly LeftStatement[]
  /** Writes it down, so that a `kill -9` from now on does not lose it. The answer forgets it. */
  keep(statement: SignedStatement): () => void
  /** nanoTON of an account's statements that earlier starts left and that are not forgotten. */
  leftOf(account: string): bigint
}

export const MOST_LEFT = 4096
/** Above what any keyset of ours makes of one. */
export const MOST_STATEMENT_BYTES = 4096
/** What is beyond is not read. */
const MOST_BYTES = 16 * 1024 * 1024
/** Of lines that say nothing any more, before the file is written anew. */
const MOST_WASTE = 1024 * 1024
const [KEYSET, STATEMENT, NEWLINE] = [0x4b, 0x53, 0x0a]
const FORGOTTEN = encodeUtf8('-')
const UNWRITTEN = -1

/**
 * Opens `<folder>/statements`: a line a statement, after a line with its keyset. A line that is torn or was changed is left out, and a
 * file that cannot be used is done without: nothing in it may keep a host from serving.
 */
export function openStatementMemory(folder: string, logger: Logger): StatementMemory {
  const path = join(folder, 'statements')
  return new StatementFile(path, readStatements(path, logger), logger)
}

interface Entry extends SignedStatement {
  readonly price: bigint
  /** Of its line in the file. */
  at: number
}

class StatementFile implements StatementMemory {
  readonly left: readonly LeftStatement[]
  readonly #path: string
  readonly #logger: Logger
  readonly #kept: Set<Entry>
  readonly #earlier: readonly Entry[]
  /** Digests of those that the file has, in hex. */
  readonly #keysets = new Set<string>()
  #file: number | undefined
  #size = 0
  #most = 0
  #isFailing = false

  constructor(path: string, entries: readonly Entry[], logger: Logger) {
    this.#path = path
    this.#logger = logger
    this.#kept = new Set(entries)
    this.#earlier = entries
    this.left = entries.map((entry) => ({ ...entry, forget: () => this.#forget(entry) }))
    this.#rewrite()
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  keep(statement: SignedStatement): () => void {
    const entry = { ...statement, price: 0n, at: this.#size }
    const lines = this.#lines(entry)
    this.#kept.add(entry)
    if (this.#try(() => this.#write(lines, this.#size))) this.#size += lines.byteLength
    // What is torn has no place: the next one is written over it.
    else this.#unwrite(entry)
    return () => this.#forget(entry)
  }

  leftOf(account: string): bigint {
    const own = this.#earlier.filter((entry) => entry.account === account && this.#kept.has(entry))
    return own.reduce((sum, { price }) => sum + price, 0n)
  }

  #forget(entry: Entry): void {
    if (!this.#kept.delete(entry)) return
    if (this.#kept.size === 0) this.#empty()
    else if (this.#size > this.#most) this.#rewrite()
    else if (entry.at !== UNWRITTEN) this.#try(() => this.#write(FORGOTTEN, entry.at))
  }

  #unwrite(entry: Entry): void {
    if (entry.at > this.#size) this.#keysets.delete(encodeHex(entry.keyset.digest))
    entry.at = UNWRITTEN
  }

  /** The entry's line, behind its keyset's where the file has that not yet. */
  #lines(entry: Entry): Uint8Array {
    const { keyset, account, statement } = entry
    const line = concatBytes(Uint8Array.of(STATEMENT), encodeUtf8(`${account} `), statement, Uint8Array.of(NEWLINE))
    const name = encodeHex(keyset.digest)
    if (this.#keysets.has(name)) return line
    this.#keysets.add(name)
    const head = concatBytes(Uint8Array.of(KEYSET), keyset.bytes, Uint8Array.of(NEWLINE))
    entry.at += head.byteLength
    return concatBytes(head, line)
  }

  #empty(): void {
    const file = this.#file
    if (file !== undefined && this.#try(() => ftruncateSync(file, 0))) {
      this.#keysets.clear()
      this.#size = 0
    } else this.#rewrite()
  }

  /** Renamed into place: a kill leaves either the old file or the new one. */
  #rewrite(): void {
    this.#keysets.clear()
    this.#size = 0
    const lines: Uint8Array[] = []
    for (const entry of this.#kept) {
      entry.at = this.#size
      const line = this.#lines(entry)
      lines.push(line)
      this.#size += line.byteLength
    }
    this.#most = 2 * this.#size + MOST_WASTE
    const isWritten = this.#try(() => {
      const draft = `${this.#path}.draft`
      this[Symbol.dispose]()
      this.#file = openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600)
      this.#write(concatBytes(...lines), 0)
      renameSync(draft, this.#path)
    })
    if (!isWritten) this[Symbol.dispose]()
  }

  #write(bytes: Uint8Array, at: number): void {
    if (this.#file === undefined) return
    if (writeSync(this.#file, bytes, 0, bytes.byteLength, at) !== bytes.byteLength) throw new Error('a short write')
  }

  #try(step: () => void): boolean {
    try {
      step()
      this.#isFailing = false
      return true
    } catch (error) {
      if (!this.#isFailing) this.#logger.error('statements cannot be written: a kill would lose them', {}, error)
      this.#isFailing = true
      return false
    }
  }
}

function readStatements(path: string, logger: Logger): readonly Entry[] {
  try {
    const { entries, refused } = parseStatements(readStart(path))
    if (refused > 0) logger.warn('lines of statements are left out', { path, count: refused })
    if (entries.length > 0) logger.info('statements of an earlier start are left', { count: entries.length })
    return entries
  } catch (error) {
    logger.error('statements of earlier starts cannot be read', { path }, error)
    return []
  }
}

function readStart(path: string): Uint8Array {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    const bytes = new Uint8Array(Math.min(fstatSync(file).size, MOST_BYTES))
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.byteLength, 0))
  } finally {
    closeSync(file)
  }
}

// The file is the provider's: every line is whatever somebody wrote there.
function parseStatements(bytes: Uint8Array): { readonly entries: readonly Entry[]; readonly refused: number } {
  const keysets = new Map<string, Keyset>()
  const entries: Entry[] = []
  let refused = 0
  for (const line of linesOf(bytes)) {
    try {
      if (line[0] === KEYSET) addKeyset(line.slice(1), keysets)
      else if (line[0] === STATEMENT) entries.push(parseEntry(line, keysets))
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      refused++
    }
  }
  return { entries: entries.slice(-MOST_LEFT), refused }
}

/** Without the last one, where it has no end. */
function* linesOf(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let from = 0, to = 0; ; from = to + 1) {
    to = bytes.indexOf(NEWLINE, from)
    if (to < 0) return
    yield bytes.subarray(from, to)
  }
}

function addKeyset(bytes: Uint8Array, keysets: Map<string, Keyset>): void {
  const keyset = parseKeyset(bytes)
  keysets.set(encodeHex(keyset.digest), keyset)
}

function parseEntry(line: Uint8Array, keysets: ReadonlyMap<string, Keyset>): Entry {
  const space = line.indexOf(0x20)
  const account = Buffer.from(line.subarray(1, Math.max(space, 1))).toString('latin1')
  const statement = line.slice(space + 1)
  if (!/^([0-9a-f]{64})?$/.test(account) || statement.byteLength > MOST_STATEMENT_BYTES) throw malformed('a line')
  const keyset = keysets.get(encodeHex(parseUsage(statement).keysetDigest))
  if (keyset === undefined) throw malformed('a statement without its keyset')
  return { keyset, statement, account, price: verifyUsage(statement, keyset).price, at: 0 }
}

function malformed(what: string): AttestationError {
  return new AttestationError('USAGE_MALFORMED', `${what} that was not written here`)
}
