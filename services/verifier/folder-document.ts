import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { ServiceError } from '../runtime/errors.ts'
import { isMissing } from '../runtime/stored-files.ts'

/** A file that somebody put there, of at most so many bytes; undefined where there is none. Refuses COLLATERAL_UNAVAILABLE. */
export async function readFolderDocument(path: string, most: number): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > most) throw new ServiceError('COLLATERAL_UNAVAILABLE', `${basename(path)} is of ${size} bytes`)
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    if (isMissing(cause)) return undefined
    throw new ServiceError('COLLATERAL_UNAVAILABLE', `${basename(path)} cannot be read`, { cause })
  }
}
