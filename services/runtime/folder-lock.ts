import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { platform } from 'node:os'
import { ServiceError } from './errors.ts'

/**
 * Holds a folder for this process until disposed or dead: the kernel drops an abstract socket with its process, so that
 * `kill -9` leaves nothing to clean. Another holder: DATA_FOLDER_IN_USE. Linux only; elsewhere PostgreSQL's own lock
 * file is all there is.
 */
export async function lockFolder(folder: string, what = 'the database'): Promise<AsyncDisposable> {
  if (platform() !== 'linux') return { async [Symbol.asyncDispose]() {} }
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(inUse(folder, what, cause)))
    server.listen(`\0bombyx-folder-${name}`, resolve)
  })
  server.unref()
  return {
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

function inUse(folder: string, what: string, cause: Error): ServiceError {
  const advice = what === 'the database' ? 'stop that process, or give this one its DATABASE_URL' : 'stop that process'
  return new ServiceError('DATA_FOLDER_IN_USE', `another process runs ${what} in ${folder}: ${advice}`, { cause })
}
