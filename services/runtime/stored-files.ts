import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The file's bytes; a file that is not there is made first, for its owner alone. */
export async function openFile(file: string, make: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  const stored = await readIfThere(file)
  if (stored !== undefined) return stored
  const made = await make()
  await writeWhole(file, made, 0o600)
  return made
}

/**
 * Renamed into place and on disk when it returns, so that a crash leaves either the old file or the new one. A disk that is full
 * keeps nothing of the new one.
 */
export async function writeWhole(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await using opened = await open(draft, 'w', mode)
  try {
    await opened.writeFile(bytes)
    await opened.datasync()
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(file))
}

/** Makes a new name in it survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

/** Undefined for a file that is not there. */
export async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  return readFile(file).catch(unlessMissing)
}

/** Names in a folder; none in one that is not there. */
export async function listIfThere(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(unlessMissing)) ?? []
}

/** Bytes; 0 of a file that is not there. */
export async function sizeIfThere(file: string): Promise<number> {
  return (await stat(file).catch(unlessMissing))?.size ?? 0
}

function unlessMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined
  throw error
}

/** Whether a file was asked for that is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
