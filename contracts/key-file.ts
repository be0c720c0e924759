import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { ContractError } from './errors.ts'
import { MOST_SUBWALLET } from './wallet.ts'

/** An Ed25519 key that stays in this process. */
export interface SigningKey {
  /** 32 bytes */
  readonly publicKey: Uint8Array
  /** Which of its wallets is meant; 0 where absent. */
  readonly subwallet?: number | undefined
  readonly sign: (message: Uint8Array) => Uint8Array
}

// PKCS #8 of an Ed25519 key (RFC 8410) is this prefix and the seed.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The key of a seed of 32 bytes. */
export function createSigningKey(seed: Uint8Array): SigningKey {
  const der = Buffer.concat([PKCS8_PREFIX, seed])
  const privateKey: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { publicKey: Buffer.from(x, 'base64url'), sign: (message) => sign(null, message, privateKey) }
}

const OTHERS = 0o077

/**
 * Reads a key file: 64 hexadecimal digits, the seed. `<file>#<number>` means that wallet of its key. KEY_FILE_INVALID for anything
 * else, and for a file that others can read; what it holds is never repeated.
 */
export function readKeyFile(name: string): SigningKey {
  const { path, subwallet } = parseKeyName(name)
  const text = readFileSync(path, 'utf8').trim()
  if ((statSync(path).mode & OTHERS) !== 0) {
    throw new ContractError('KEY_FILE_INVALID', `${path} can be read by others: chmod 600 it`)
  }
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new ContractError('KEY_FILE_INVALID', `${path} is not 64 hexadecimal digits`)
  return { ...createSigningKey(Buffer.from(text, 'hex')), subwallet }
}

/** Writes a new key where there is none, readable by its owner alone and on disk when it returns; gives the key in the file. */
export function openKeyFile(name: string): SigningKey {
  const { path } = parseKeyName(name)
  try {
    return readKeyFile(name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  writeSync(file, `${randomBytes(32).toString('hex')}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
  syncFolder(dirname(path))
  return readKeyFile(name)
}

function parseKeyName(name: string): { readonly path: string; readonly subwallet: number } {
  const [, path = name, digits = '0'] = /^(.+)#(\d{1,5})$/.exec(name) ?? []
  const subwallet = Number(digits)
  if (subwallet > MOST_SUBWALLET) {
    throw new ContractError('KEY_FILE_INVALID', `a key has wallets 0 to ${MOST_SUBWALLET}, no ${digits}`)
  }
  return { path, subwallet }
}

/** Makes a file's new name survive a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
