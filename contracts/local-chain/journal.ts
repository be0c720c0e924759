import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ContractError } from '../errors.ts'
import { syncFolder } from '../key-file.ts'
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  findLaterFrame,
  isIntact,
  mayBeJournal,
  parseFrameHeader
} from './frame.ts'

/** What the journal does to its file, in the order it does it; tests break off between any two. */
export interface JournalFile {
  write(bytes: Buffer, position: number): Promise<void>
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  read(length: number, position: number): Buffer
  close(): Promise<void>
}

export interface Journal extends AsyncDisposable {
  /** Where the next entry's body will begin. */
  readonly nextBody: number
  /** How many entries there are. */
  readonly count: number
  /** Resolves when the entry is on disk. After a failure the journal takes nothing more. */
  append(body: Buffer): Promise<void>
  /** Bytes of the file, as an earlier entry's body named them. */
  read(length: number, position: number): Buffer
}

export type VisitEntry = (body: Buffer, position: number, number: number) => void

/**
 * Opens the journal and visits its entries in order. What a kill or a power cut left half written at the end is cut
 * off: nobody was told of it. Anything else that is not as it was written is JOURNAL_DAMAGED, a file of another kind or version JOURNAL_FOREIGN, and nothing is changed.
 */
export async function openJournal(
  path: string,
  visit: VisitEntry,
  openFile: (path: string) => Promise<JournalFile> = openJournalFile
): Promise<Journal> {
  const scanned = scanJournal(path, visit)
  const file = await openFile(path)
  let { end, count } = scanned
  let broken: unknown
  if (scanned.torn) {
    await file.truncate(end)
    await file.sync()
  }
  return {
    get nextBody() {
      return end + FRAME_HEADER_BYTES
    },
    get count() {
      return count
    },
    append: async (body) => {
      if (broken !== undefined) throw broken
      const frame = encodeFrame(count, body)
      try {
        await file.write(frame, end)
        await file.sync()
      } catch (error) {
        // What part of it is on disk is unknown: only opening the journal again can tell.
        broken = error
        throw error
      }
      end += frame.length
      count += 1
    },
    read: (length, position) => file.read(length, position),
    [Symbol.asyncDispose]: () => file.close()
  }
}

interface Scanned {
  readonly end: number
  readonly count: number
  readonly torn: boolean
}

function scanJournal(path: string, visit: VisitEntry): Scanned {
  const descriptor = openForReading(path)
  if (descriptor === undefined) return { end: 0, count: 0, torn: false }
  try {
    const size = fstatSync(descriptor).size
    if (!mayBeJournal(readAt(descriptor, FRAME_HEADER_BYTES, 0))) {
      throw new ContractError('JOURNAL_FOREIGN', `${path} is not a journal of this version`)
    }
    let [position, number] = [0, 0]
    while (position < size) {
      const header = parseFrameHeader(readAt(descriptor, FRAME_HEADER_BYTES, position))
      const body = header && readAt(descriptor, header.length, position + FRAME_HEADER_BYTES)
      if (header === undefined || body === undefined || header.number !== number || !isIntact(header, body)) {
        refuseUnlessTail({ descriptor, size, position, number, header })
        return { end: position, count: number, torn: true }
      }
      visit(body, position + FRAME_HEADER_BYTES, number)
      position += FRAME_HEADER_BYTES + header.length
      number += 1
    }
    return { end: position, count: number, torn: false }
  } finally {
    closeSync(descriptor)
  }
}

interface BadEntry {
  readonly descriptor: number
  readonly size: number
  readonly position: number
  readonly number: number
  readonly header: FrameHeader | undefined
}

/** Each entry is on disk before the next is begun, so an entry behind the bad one means that the bad one was whole once. */
function refuseUnlessTail({ descriptor, size, position, number, header }: BadEntry): void {
  const claimedEnd = header === undefined ? size : position + FRAME_HEADER_BYTES + header.length
  const rest = readAt(descriptor, size - position, position)
  if (header?.number === undefined || header.number === number) {
    if (claimedEnd >= size && !findLaterFrame(rest, number)) return
  }
  throw new ContractError('JOURNAL_DAMAGED', `entry ${number} at byte ${position} is not as it was written`)
}

function openForReading(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function readAt(descriptor: number, length: number, position: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(descriptor, bytes, filled, length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}

/** The real file, made where there is none; its folder is synced so that a new file's name survives too. */
export async function openJournalFile(path: string): Promise<JournalFile> {
  const handle = await openOrCreate(path)
  return {
    write: async (bytes, position) => {
      const { bytesWritten } = await handle.write(bytes, 0, bytes.length, position)
      if (bytesWritten !== bytes.length) throw new Error(`${bytesWritten} of ${bytes.length} bytes were written`)
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    read: (length, position) => readAt(handle.fd, length, position),
    close: () => handle.close()
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  const handle = await open(path, 'a+', 0o600).then(async (created) => {
    await created.close()
    // Append mode would ignore positions.
    return open(path, 'r+')
  })
  syncFolder(dirname(path))
  return handle
}
