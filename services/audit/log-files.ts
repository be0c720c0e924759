import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MAX_ENDORSEMENTS_BYTES } from '../../attestation/endorsements.ts'
import { MAX_LEAF_BYTES } from '../../attestation/tlog/leaf.ts'
import { MAX_NOTE_BYTES } from '../../attestation/tlog/note.ts'
import { TILE_WIDTH } from '../../attestation/tlog/tile-path.ts'
import { ServiceError } from '../runtime/errors.ts'
import { isMissing } from '../runtime/stored-files.ts'

/** Where a log's public files are read: C2SP tlog-tiles' paths, and `blob/sha256/<hex>`. Nothing of it is believed. */
export interface LogFiles {
  /** For people. */
  readonly name: string
  /**
   * Undefined where there is no such file. Throws `UNAVAILABLE` where nobody answers, and `TILE_MALFORMED` by way of its
   * reader for what is longer than such a file can be.
   */
  read(path: string): Promise<Uint8Array | undefined>
}

/** The longest that a file of each kind can be; one byte more is read, so that a reader refuses it. */
const LONGEST: readonly (readonly [string, number])[] = [
  ['checkpoint', MAX_NOTE_BYTES],
  ['tile/entries/', TILE_WIDTH * (2 + MAX_LEAF_BYTES)],
  ['tile/', TILE_WIDTH * 32],
  ['blob/', MAX_ENDORSEMENTS_BYTES]
]

const TRIES = 4
const ANSWER_LIMIT_MS = 30_000

/** A URL is read over HTTP, anything else is a folder. */
export function openLogFiles(place: string): LogFiles {
  return isUrl(place) ? httpLogFiles(place) : folderLogFiles(place)
}

export function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place)
}

function folderLogFiles(folder: string): LogFiles {
  return {
    name: folder,
    read: async (path) => {
      try {
        await using file = await open(join(folder, path))
        const buffer = new Uint8Array(longest(path) + 1)
        const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, 0)
        return buffer.slice(0, bytesRead)
      } catch (cause) {
        if (isMissing(cause)) return undefined
        throw new ServiceError('UNAVAILABLE', `${path} cannot be read`, { cause })
      }
    }
  }
}

function httpLogFiles(url: string): LogFiles {
  const base = url.endsWith('/') ? url : `${url}/`
  return {
    name: url,
    read: async (path) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await get(new URL(path, base), longest(path))
        } catch (cause) {
          if (attempt === TRIES) throw new ServiceError('UNAVAILABLE', `${base}${path} is not answered`, { cause })
          await delay(2 ** attempt * 100)
        }
      }
    }
  }
}

async function get(url: URL, most: number): Promise<Uint8Array | undefined> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
  if (response.status === 404) {
    await response.body?.cancel()
    return undefined
  }
  if (response.status !== 200) throw new ServiceError('UNAVAILABLE', `HTTP ${response.status}`)
  const [parts, limit]: [Uint8Array[], number] = [[], most + 1]
  let length = 0
  for await (const part of response.body ?? []) {
    parts.push(part)
    length += part.byteLength
    // The sender decides how much comes: what is too long is cut, and refused by whoever reads it.
    if (length >= limit) break
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, limit))
}

function longest(path: string): number {
  return LONGEST.find(([prefix]) => path.startsWith(prefix))?.[1] ?? MAX_NOTE_BYTES
}
