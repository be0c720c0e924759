import type { LogClient } from '../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../proto/load.ts'
import type { Database } from '../runtime/database.ts'
import { callUnary, connect, type DialConfig } from '../runtime/grpc-client.ts'
import type { Logger } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { type OutboxDelivery, startOutbox } from '../runtime/outbox.ts'
import { WRITER } from './leaves.ts'
import { saveIndices } from './log-tables.ts'
import type { ReferenceValueStore } from './reference-value-store.ts'

export interface LogWritingContext {
  readonly database: Database
  readonly referenceValues: ReferenceValueStore
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The log answers once its checkpoint is signed and durable. */
const APPEND_DEADLINE_MS = 30_000
const PROOF_EVERY_MS = 2_000

/** Hands what the registry's transactions told the outbox to the log, from one replica at a time. */
export async function startLogWriting(
  authority: string,
  dial: DialConfig,
  context: LogWritingContext
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const log = await connect(bombyxV1.Log, authority, dial)
  stack.defer(() => log.close())
  const send = async ({ entries, blobs }: OutboxDelivery, signal: AbortSignal): Promise<readonly bigint[]> => {
    const named = entries.map(({ sequence, leaf }) => ({ sequence: String(sequence), leaf: Buffer.from(leaf) }))
    const request = { writer: WRITER, entries: named, blobs: blobs.map((blob) => Buffer.from(blob)) }
    const { indices } = await callUnary(log, 'Append', request, { deadlineMs: APPEND_DEADLINE_MS, signal })
    return indices.map(BigInt)
  }
  stack.use(startFetchingProofs(log, context))
  stack.use(await startOutbox({ ...context, writer: WRITER, send, onAcknowledged: saveIndices }))
  const started = stack.move()
  return { [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** A reference value's proof shows its age, so it is fetched soon after the log has it; every replica may. */
function startFetchingProofs(log: LogClient, { referenceValues, logger }: LogWritingContext): AsyncDisposable {
  const stop = new AbortController()
  let work = Promise.resolve()
  const fetch = async (): Promise<void> => {
    for (const index of await referenceValues.listUnproven()) {
      const { proof } = await callUnary(log, 'GetProof', { index: String(index) }, { signal: stop.signal })
      await referenceValues.saveProof(index, proof)
    }
  }
  const timer = setInterval(() => {
    work = work.then(fetch).catch((error: unknown) => {
      if (!stop.signal.aborted) logger.warn('no proof of a reference value', {}, error)
    })
  }, PROOF_EVERY_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      stop.abort()
      await work
    }
  }
}
