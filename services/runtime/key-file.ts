import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { link, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ServiceError } from './errors.ts'
import { syncFolder, writeWhole } from './stored-files.ts'

const OTHERS = 0o077

/**
 * Reads an Ed25519 private key (PKCS #8 in PEM); CONFIG_INVALID for another one, and for a file that others can read.
 * `maker`: the command that makes one, where there is one.
 */
export async function readKeyFile(path: string, maker?: string): Promise<KeyObject> {
  let key: KeyObject
  try {
    key = createPrivateKey(await readFile(path))
  } catch (cause) {
    throw new ServiceError(
      'CONFIG_INVALID',
      `key ${path} cannot be read${maker === undefined ? '' : `; \`${maker}\` makes one`}`,
      { cause }
    )
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new ServiceError('CONFIG_INVALID', `key ${path} is not an Ed25519 key`)
  if (((await stat(path)).mode & OTHERS) !== 0) {
    throw new ServiceError('CONFIG_INVALID', `key ${path} can be read by others: chmod 600 it`)
  }
  return key
}

/** Makes an Ed25519 key for its owner alone, whole and on disk when it returns; never over a file that is there. */
export async function makeKeyFile(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeWhole(draft, Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' })), 0o600)
    // Unlike a rename, it fails where there is a file.
    await link(draft, path)
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `key ${path} cannot be made`, { cause })
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(dirname(path))
  return privateKey
}
