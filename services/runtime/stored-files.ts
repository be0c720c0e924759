import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

/** The file's bytes; a file that is not there is made first, for its owner alone. */
export async function openFile(file: string, make: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  const stored = await readIfThere(file)
  if (stored !== undefined) return stored
  const made = await make()
  await writeWhole(file, made, 0o600)
  return made
}

/** Renamed into place, so that a crash leaves either the old file or the new one. */
export async function writeWhole(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, bytes, { mode })
  await rename(draft, file)
}

/** Undefined for a file that is not there. */
export async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
