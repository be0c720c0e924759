import { createPrivateKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { ed25519PublicBytes, generateEd25519, type PrivateKey, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { ServiceError } from '../runtime/errors.ts'
import { isMissing } from '../runtime/stored-files.ts'

export interface SigningKey {
  readonly key: PrivateKey
  /** Raw Ed25519. */
  readonly publicKey: Uint8Array
  /** What the key set knows it by: the first 16 hex digits of the public key's SHA-256. */
  readonly keyId: string
}

/** Opens the Ed25519 key (PKCS #8 in PEM) that verdict tokens are signed with; makes the file on first use. */
export async function openSigningKey(path: string): Promise<SigningKey> {
  const key = (await readKey(path)) ?? (await makeKey(path))
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new ServiceError('CONFIG_INVALID', `signing key ${path} is not an Ed25519 key`)
  }
  const publicKey = ed25519PublicBytes(key)
  return { key, publicKey, keyId: encodeHex(sha256(publicKey)).slice(0, 16) }
}

async function readKey(path: string): Promise<PrivateKey | undefined> {
  try {
    return createPrivateKey(await readFile(path))
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw new ServiceError('CONFIG_INVALID', `signing key ${path} cannot be read`, { cause })
  }
}

async function makeKey(path: string): Promise<PrivateKey> {
  const key = generateEd25519()
  try {
    // Never over an existing file: of two verifiers that start at once, one must use the other's key.
    await writeFile(path, key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
    return key
  } catch (cause) {
    const existing = await readKey(path)
    if (existing !== undefined) return existing
    throw new ServiceError('CONFIG_INVALID', `signing key ${path} cannot be made`, { cause })
  }
}
