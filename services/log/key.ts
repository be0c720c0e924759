import { ed25519PublicBytes, type PrivateKey } from '../../attestation/crypto.ts'
import { makeKeyFile, readKeyFile } from '../runtime/key-file.ts'
import { readIfThere } from '../runtime/stored-files.ts'

export interface LogKey {
  readonly privateKey: PrivateKey
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array
}

/** Reads the log's key; refuses a file that others can read. `bombyx log init` makes one. */
export async function readLogKey(path: string): Promise<LogKey> {
  return logKey(await readKeyFile(path, 'bombyx log init'))
}

/** Makes a log's key; never over a file that is there. */
export async function makeLogKey(path: string): Promise<LogKey> {
  return logKey(await makeKeyFile(path))
}

/** The log's key, made on first use: for a network on one machine, where nobody runs `bombyx log init`. */
export async function openLogKey(path: string): Promise<LogKey> {
  return (await readIfThere(path)) === undefined ? makeLogKey(path) : readLogKey(path)
}

function logKey(privateKey: PrivateKey): LogKey {
  return { privateKey, publicKey: ed25519PublicBytes(privateKey) }
}
