import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The few things that are done with the kernel's files; a test gives a kernel of its own. */
export interface KernelFiles {
  read(path: string): Promise<Uint8Array>
  /** Writes all bytes at once, as attributes want them. */
  write(path: string, bytes: Uint8Array): Promise<void>
  makeFolder(path: string): Promise<void>
  removeFolder(path: string): Promise<void>
  /** Writes an ordinary file that only its owner reads, with the folders on the way. */
  store(path: string, bytes: Uint8Array): Promise<void>
}

export const linuxFiles: KernelFiles = {
  read: (path) => readFile(path),
  write: (path, bytes) => writeFile(path, bytes),
  makeFolder: (path) => mkdir(path).then(() => undefined),
  removeFolder: (path) => rmdir(path),
  store: async (path, bytes) => {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes, { mode: 0o600 })
  }
}
