import { mkdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceContext } from '../runtime/context.ts'

/** What came last, from one start of the verifier to the next, so that a restart in an outage is no outage of its own. */
export interface KeptAnswers {
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Undefined for what was not kept, or not since then. Nothing in it is believed: appraisal verifies it. */
  read(name: string, since: Date): Promise<Uint8Array | undefined>
}

export const NOTHING_KEPT: KeptAnswers = { write: async () => undefined, read: async () => undefined }

/** Keeps each answer in a file of its name, which has nothing of a path in it. */
export function answersKeptIn(folder: string, { now, logger }: ServiceContext): KeptAnswers {
  return {
    write: async (name, bytes) => {
      const path = join(folder, name)
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(`${path}.new`, bytes)
        await utimes(`${path}.new`, now(), now())
        await rename(`${path}.new`, path)
      } catch (error) {
        // Without it the verifier works on, and is only worse off after its next start.
        logger.warn('answer not kept', { name }, error)
      }
    },
    read: async (name, since) => {
      const path = join(folder, name)
      try {
        return (await stat(path)).mtime < since ? undefined : new Uint8Array(await readFile(path))
      } catch {
        return undefined
      }
    }
  }
}
