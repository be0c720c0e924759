import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import type { HostStore } from './host-store.ts'
import type { DirectoryChange } from './offered-host.ts'

export interface DirectoryContext {
  readonly watch: (signal: AbortSignal) => AsyncIterable<DirectoryChange>
  readonly hosts: HostStore
  readonly now: () => Date
  readonly logger: Logger
}

const MINUTE_MS = 60_000
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

/**
 * Writes down what the registry's directory says: which keysets were ever listed, and so can be billed, and how long each host is
 * there. Every replica does; they write the same. Time in which the directory could not be heard counts for nobody and against nobody.
 */
export function followDirectory(context: DirectoryContext): AsyncDisposable {
  const stop = new AbortController()
  const heard = { now: false }
  const counting = setInterval(() => {
    if (!heard.now) return
    context.hosts.countMinute().catch((error: unknown) => context.logger.warn('uptime not counted', {}, error))
  }, MINUTE_MS)
  const running = follow(context, heard, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(counting)
      stop.abort()
      await running
    }
  }
}

async function follow(context: DirectoryContext, heard: { now: boolean }, signal: AbortSignal): Promise<void> {
  const { logger } = context
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      await followOnce(context, heard, signal)
    } catch (error) {
      if (!signal.aborted) logger.warn('directory lost', { code: codeOf(error) ?? 'INTERNAL' }, error)
    }
    retryMs = heard.now ? FIRST_RETRY_MS : Math.min(LAST_RETRY_MS, retryMs * 2)
    heard.now = false
    await delay(retryMs, undefined, { signal }).catch(() => {})
  }
}

async function followOnce(
  { watch, hosts, now }: DirectoryContext,
  heard: { now: boolean },
  signal: AbortSignal
): Promise<void> {
  const listed = new Map<string, Uint8Array>()
  for await (const change of watch(signal)) {
    if (change.kind === 'listed') {
      listed.set(Buffer.from(change.host.keysetDigest).toString('hex'), change.host.keysetDigest)
      await hosts.saveListed(change.host, now())
    } else if (change.kind === 'delisted') {
      listed.delete(Buffer.from(change.keysetDigest).toString('hex'))
      await hosts.saveDelisted(change.keysetDigest)
    } else if (!heard.now) {
      await hosts.endSnapshot([...listed.values()])
      heard.now = true
    }
  }
}
