import { bombyxV1 } from '../../../proto/load.ts'
import type { Database } from '../../runtime/database.ts'
import { callUnary, connect, type DialConfig } from '../../runtime/grpc-client.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type OutboxDelivery, startOutbox } from '../../runtime/outbox.ts'
import { savePeriodIndices, WRITER } from './period-store.ts'

export interface LogWritingContext {
  readonly database: Database
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The log answers once its checkpoint is signed and durable. */
const APPEND_DEADLINE_MS = 30_000

/** Hands the leaves of usage periods to the log, from one replica at a time. */
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
  stack.use(await startOutbox({ ...context, writer: WRITER, send, onAcknowledged: savePeriodIndices }))
  const started = stack.move()
  return { [Symbol.asyncDispose]: () => started.disposeAsync() }
}
