import { createPrivateKey } from 'node:crypto'
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ed25519PublicBytes, generateEd25519, type PrivateKey } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { type Checkpoint, encodeCheckpoint, parseCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import { ServiceError } from '../runtime/errors.ts'
import { readIfThere } from '../runtime/stored-files.ts'

export interface LogKey {
  readonly privateKey: PrivateKey
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array
}

/**
 * The last head that this key has signed on this machine, outside the database: what refuses to go on from a database that was
 * set back.
 */
export interface HeadMemory {
  read(): Promise<Checkpoint | undefined>
  /** Durable when it returns. */
  write(head: Checkpoint): Promise<void>
}

const OTHERS = 0o077

/** Reads the log's key (PKCS #8 in PEM); refuses a file that others can read. */
export async function readLogKey(path: string): Promise<LogKey> {
  let privateKey: PrivateKey
  try {
    privateKey = createPrivateKey(await readFile(path))
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `log key ${path} cannot be read; \`bombyx log init\` makes one`, { cause })
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw new ServiceError('CONFIG_INVALID', `log key ${path} is not an Ed25519 key`)
  }
  if (((await stat(path)).mode & OTHERS) !== 0) {
    throw new ServiceError('CONFIG_INVALID', `log key ${path} can be read by others: chmod 600 it`)
  }
  return { privateKey, publicKey: ed25519PublicBytes(privateKey) }
}

/** Makes a log's key; never over a file that is there. */
export async function makeLogKey(path: string): Promise<LogKey> {
  const privateKey = generateEd25519()
  try {
    await writeFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `log key ${path} cannot be made`, { cause })
  }
  return { privateKey, publicKey: ed25519PublicBytes(privateKey) }
}

/** The log's key, made on first use: for a network on one machine, where nobody runs `bombyx log init`. */
export async function openLogKey(path: string): Promise<LogKey> {
  return (await readIfThere(path)) === undefined ? makeLogKey(path) : readLogKey(path)
}

/** Keeps the head in `<key>.head`, as a checkpoint's text. */
export function openHeadMemory(keyPath: string): HeadMemory {
  const path = `${keyPath}.head`
  return {
    async read() {
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      return bytes === undefined ? undefined : parseCheckpoint(decodeUtf8(bytes))
    },
    write: (head) => writeDurably(path, encodeUtf8(encodeCheckpoint(head)))
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.next`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
