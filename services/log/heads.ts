import type { Database } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { LogStore, StoredCheckpoint } from './store.ts'
import { HEAD_CHANNEL } from './tree-store.ts'

/** The newest signed checkpoint, cosigned by as many witnesses as the log waits for, as every replica knows it. */
export interface Heads {
  /** Throws `UNAVAILABLE` before the first one is signed. */
  newest(): StoredCheckpoint
  known(): StoredCheckpoint | undefined
  /** Of the newest one, in seconds by the log's own time; infinite before the first one. */
  age(now: Date): number
  /** Resolves at the next change; rejects when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
}

const RETRY_MS = 500

export interface HeadsContext {
  readonly database: Pick<Database, 'listen'>
  readonly store: LogStore
  readonly minimumWitnesses: number
  readonly onError: (error: unknown) => void
}

export async function watchHeads({
  database,
  store,
  minimumWitnesses,
  onError
}: HeadsContext): Promise<Heads & AsyncDisposable> {
  let newest: StoredCheckpoint | undefined
  let change = Promise.withResolvers<void>()
  let reading: Promise<void> | undefined
  let isStale = false
  const read = async (): Promise<void> => {
    do {
      isStale = false
      newest = (await store.newestCheckpoint(minimumWitnesses)) ?? newest
    } while (isStale)
    change.resolve()
    change = Promise.withResolvers()
  }
  let retry: NodeJS.Timeout | undefined
  const reload = (): void => {
    clearTimeout(retry)
    isStale = true
    reading ??= read()
      .catch((error: unknown) => {
        onError(error)
        retry = setTimeout(reload, RETRY_MS)
      })
      .finally(() => {
        reading = undefined
      })
  }
  const listening = await database.listen(HEAD_CHANNEL, reload)
  return {
    newest() {
      if (newest === undefined) throw new ServiceError('UNAVAILABLE', 'the log has not signed a checkpoint yet')
      return newest
    },
    known: () => newest,
    age: (now) =>
      newest === undefined ? Number.POSITIVE_INFINITY : (now.getTime() - newest.signedAt.getTime()) / 1000,
    changed: (signal) => orAborted(change.promise, signal),
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]()
      await reading
      clearTimeout(retry)
    }
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
