import { appendFile, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sha256 } from '../../../attestation/crypto.ts'
import { decodeUtf8, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { LogTrust } from '../../../attestation/tlog/checkpoint.ts'
import { codeOf } from '../../runtime/errors.ts'
import { lockFolder } from '../../runtime/folder-lock.ts'
import { listIfThere, readIfThere, sizeIfThere, writeWhole } from '../../runtime/stored-files.ts'

/** Where heads of one log are kept from one run to the next; notes are as the log signed them. */
export interface HeadStore {
  /** The newest head that was accepted. */
  readHead(): Promise<Uint8Array | undefined>
  writeHead(note: Uint8Array): Promise<void>
  /** Adds a head to all that were seen, whatever is thought of it; `now` is unix seconds. */
  appendSeen(note: Uint8Array, now: number): Promise<void>
  /** Keeps two heads that contradict each other, and says where. */
  writeFork(first: Uint8Array, second: Uint8Array): Promise<string>
  /** Where a fork was kept before, if one was. */
  findFork(): Promise<string | undefined>
  /** Held for as long as it takes to read the newest head and write the next. */
  lock(): Promise<AsyncDisposable>
}

const HEAD = 'head.note'
const SEEN = 'seen.jsonl'
const SEEN_BEFORE = 'seen.1.jsonl'
const FORK = /^fork-[0-9a-f]+-first\.note$/
const MOST_TRIES = 250
const TRY_AGAIN_MS = 20
/** Some ten thousand heads; twice that is kept. */
const MOST_SEEN_BYTES = 4 * 1024 * 1024

/** A store that is gone with the process. */
export function headsInMemory(): HeadStore {
  let head: Uint8Array | undefined
  let fork: string | undefined
  return {
    readHead: async () => head,
    writeHead: async (note) => {
      head = note
    },
    appendSeen: async () => {},
    writeFork: async () => {
      fork = 'this process, which has no data folder'
      return fork
    },
    findFork: async () => fork,
    lock: async () => ({ async [Symbol.asyncDispose]() {} })
  }
}

/**
 * Files in `<folder>/log-<id>`, where the id is of the log's origin and key: `head.note`; `seen.jsonl` (what
 * `bombyx audit log --seen` reads: one object a line, `checkpoint` the note and `seen_at` unix seconds), which starts over
 * at 4 MiB and keeps the last as `seen.1.jsonl`; and `fork-<id>-first.note` with its `-second.note`.
 */
export function headsInFolder(dataFolder: string, { origin, publicKey }: LogTrust): HeadStore {
  const id = encodeHex(sha256(encodeUtf8(`${origin}\n`), publicKey)).slice(0, 16)
  const folder = join(dataFolder, `log-${id}`)
  const file = (name: string): string => join(folder, name)
  const make = (): Promise<unknown> => mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    readHead: () => readIfThere(file(HEAD)),
    writeHead: async (note) => {
      await make()
      await writeWhole(file(HEAD), note, 0o600)
    },
    appendSeen: async (note, now) => {
      await make()
      await using _ = await waitForFolder(folder)
      if ((await sizeIfThere(file(SEEN))) >= MOST_SEEN_BYTES) await rename(file(SEEN), file(SEEN_BEFORE))
      const line = JSON.stringify({ checkpoint: decodeUtf8(note), seen_at: now })
      await appendFile(file(SEEN), `${line}\n`, { mode: 0o600 })
    },
    writeFork: async (first, second) => {
      await make()
      const name = `fork-${encodeHex(sha256(first, second)).slice(0, 16)}`
      await writeWhole(file(`${name}-second.note`), second, 0o600)
      await writeWhole(file(`${name}-first.note`), first, 0o600)
      return file(`${name}-first.note`)
    },
    findFork: async () => {
      const found = (await listIfThere(folder)).find((name) => FORK.test(name))
      return found === undefined ? undefined : file(found)
    },
    lock: async () => {
      await make()
      return waitForFolder(folder)
    }
  }
}

/** Another process has it for milliseconds. */
async function waitForFolder(folder: string): Promise<AsyncDisposable> {
  for (let tries = 1; ; tries++) {
    try {
      return await lockFolder(folder, 'a client')
    } catch (error) {
      if (codeOf(error) !== 'DATA_FOLDER_IN_USE' || tries === MOST_TRIES) throw error
      await delay(TRY_AGAIN_MS)
    }
  }
}
