import type { DirectoryClient } from '../../proto/gen/bombyx/v1/Directory.ts'
import { codeOf } from '../runtime/errors.ts'
import { callStream } from '../runtime/grpc-client.ts'
import type { Logger } from '../runtime/log.ts'
import type { DirectoryChange } from './listed-host.ts'
import { readDirectoryEvent } from './wire.ts'

/** The directory's changes. A host that cannot be read is left out: one bad entry must not hide the others. */
export async function* readDirectory(
  client: DirectoryClient,
  signal: AbortSignal,
  logger: Logger
): AsyncGenerator<DirectoryChange, void> {
  for await (const event of callStream(client, 'Watch', {}, { signal })) {
    let change: DirectoryChange | undefined
    try {
      change = readDirectoryEvent(event)
    } catch (error) {
      logger.warn('directory entry left out', { code: codeOf(error) ?? 'INTERNAL' }, error)
    }
    if (change !== undefined) yield change
  }
}
