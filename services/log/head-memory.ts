import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { type Checkpoint, encodeCheckpoint, parseCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import { readIfThere, writeWhole } from '../runtime/stored-files.ts'

/**
 * The last head that this key has signed on this machine, outside the database: what refuses to go on from a database that was
 * set back.
 */
export interface HeadMemory {
  read(): Promise<Checkpoint | undefined>
  /** Durable when it returns. */
  write(head: Checkpoint): Promise<void>
}

/** Keeps the head in `<key>.head`, as a checkpoint's text. */
export function openHeadMemory(keyPath: string): HeadMemory {
  const path = `${keyPath}.head`
  return {
    async read() {
      const bytes = await readIfThere(path)
      return bytes === undefined ? undefined : parseCheckpoint(decodeUtf8(bytes))
    },
    write: (head) => writeWhole(path, encodeUtf8(encodeCheckpoint(head)), 0o600)
  }
}
