import { setTimeout as delay } from 'node:timers/promises'
import { type QueryExecutorProvider, sql, type Transaction } from 'kysely'
import { type Bell, createBell } from './bell.ts'
import type { Database, Tables } from './database.ts'
import { codeOf, ServiceError } from './errors.ts'
import { checkFence, holdLease, type Lease } from './lease.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

/** What a service tells the log: one leaf, and the bytes of what it names by digest. */
export interface OutboxWish {
  readonly leaf: Uint8Array
  readonly blobs: readonly Uint8Array[]
}

export interface OutboxEntry {
  /** From 1, without gaps, in the order in which the writer's transactions were committed. */
  readonly sequence: bigint
  readonly leaf: Uint8Array
}

/** One call to the log: entries, or one blob that the entries after it name. */
export interface OutboxDelivery {
  readonly entries: readonly OutboxEntry[]
  readonly blobs: readonly Uint8Array[]
}

export interface Acknowledged {
  readonly sequence: bigint
  /** Where the log has put the leaf. */
  readonly index: bigint
}

export interface OutboxOptions {
  readonly database: Database
  /** Whose entries; the name that the log knows this service's token by. */
  readonly writer: string
  /** Hands over; answers with the index of each entry once it is in a signed checkpoint. */
  readonly send: (delivery: OutboxDelivery, signal: AbortSignal) => Promise<readonly bigint[]>
  /** Tells the owner, in the transaction that forgets the entries: so exactly once. */
  readonly onAcknowledged?: (tx: Transaction<Tables>, acknowledged: readonly Acknowledged[]) => Promise<void>
  readonly logger: Logger
  readonly metrics: Metrics
  /** See `LeaseOptions`. */
  readonly leaseTtlMs?: number
}

/** Payload: the writer. */
const CHANNEL = 'bombyx_outbox'

/** A leaf has 8 KiB at most, so that this many fit into a message. */
const MOST_ENTRIES = 256
const POLL_MS = 10_000
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5000
/** Digests of blobs that the log has, so that a policy or collateral is not sent with every leaf. */
const MOST_KNOWN_BLOBS = 4096

/**
 * Writes an entry in the transaction of the fact that it tells of, and returns its sequence. Writers wait for each other
 * from here to the end of the transaction, so this comes last in it.
 */
export async function writeOutbox(
  tx: QueryExecutorProvider,
  writer: string,
  { leaf, blobs }: OutboxWish
): Promise<bigint> {
  const { rows } = await sql<{ sequence: bigint }>`
    insert into outbox_writers (writer, sequence) values (${writer}, 1)
    on conflict (writer) do update set sequence = outbox_writers.sequence + 1 returning sequence`.execute(tx)
  const sequence = rows[0]?.sequence
  if (sequence === undefined) throw new TypeError('no sequence')
  await sql`insert into outbox_entries (writer, sequence, leaf) values (${writer}, ${sequence}, ${leaf})`.execute(tx)
  for (const [place, content] of blobs.entries()) {
    await sql`
      insert into outbox_blobs (writer, sequence, place, digest, content)
      values (${writer}, ${sequence}, ${place}, sha256(${content}), ${content})`.execute(tx)
  }
  await sql`select pg_notify(${CHANNEL}, ${writer})`.execute(tx)
  return sequence
}

/**
 * Hands a writer's entries to the log, in order and until they are acknowledged, from one replica at a time. The log takes each
 * (writer, sequence) once, so a crash anywhere at most repeats a call.
 */
export async function startOutbox(options: OutboxOptions): Promise<AsyncDisposable> {
  const { database, writer, logger } = options
  const bell = createBell()
  const count = countOutcomes(options.metrics)
  await using stack = new AsyncDisposableStack()
  stack.use(await database.listen(CHANNEL, (name) => (name === undefined || name === writer ? bell.ring() : undefined)))
  const lease = { database, name: `outbox ${writer}`, logger, ...ttl(options) }
  stack.use(holdLease(lease, (held, signal) => sendAll(options, { lease: held, signal, bell, count })))
  const started = stack.move()
  return { [Symbol.asyncDispose]: () => started.disposeAsync() }
}

interface Sending {
  readonly lease: Lease
  readonly signal: AbortSignal
  readonly bell: Bell
  readonly count: (outcome: 'acknowledged' | 'failed', entries: number) => void
}

async function sendAll(options: OutboxOptions, { lease, signal, bell, count }: Sending): Promise<void> {
  const { writer, logger } = options
  const known = new Set<string>()
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      const sent = await sendBatch(options, lease, known, signal)
      count('acknowledged', sent)
      retryMs = FIRST_RETRY_MS
      if (sent === 0) await bell.wait(POLL_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      if (codeOf(error) === 'LEASE_LOST') throw error
      // Also after a refusal: what is refused today (a token, a blob that a restored log lacks) may be mended tomorrow.
      known.clear()
      count('failed', 1)
      logger.warn('entries not handed to the log', { name: writer, delayMs: retryMs }, error)
      await delay(retryMs, undefined, { signal }).catch(() => {})
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    }
  }
}

/** How many entries were acknowledged; 0 when none waits. */
async function sendBatch(
  options: OutboxOptions,
  lease: Lease,
  known: Set<string>,
  signal: AbortSignal
): Promise<number> {
  const { database, writer, send } = options
  const entries = await readEntries(database, writer)
  const last = entries.at(-1)
  if (last === undefined) return 0
  await sendBlobs(options, last.sequence, known, signal)
  const indices = await send({ entries, blobs: [] }, signal)
  if (indices.length !== entries.length) throw new ServiceError('INTERNAL', 'the log answers for another call')
  const acknowledged = entries.map(({ sequence }, at) => ({ sequence, index: indices[at] as bigint }))
  await database.sql.transaction().execute(async (tx) => {
    await checkFence(tx, lease)
    await options.onAcknowledged?.(tx, acknowledged)
    await sql`delete from outbox_entries where writer = ${writer} and sequence <= ${last.sequence}`.execute(tx)
  })
  return entries.length
}

/** One at a time, so that no more than one is in memory. */
async function sendBlobs(
  { database, writer, send }: OutboxOptions,
  upTo: bigint,
  known: Set<string>,
  signal: AbortSignal
): Promise<void> {
  const { rows } = await sql<{ digest: string }>`
    select distinct encode(digest, 'hex') as digest from outbox_blobs
    where writer = ${writer} and sequence <= ${upTo}`.execute(database.sql)
  for (const { digest } of rows.filter((row) => !known.has(row.digest))) {
    const found = await sql<{ content: Uint8Array }>`
      select content from outbox_blobs
      where writer = ${writer} and digest = decode(${digest}, 'hex') limit 1`.execute(database.sql)
    await send({ entries: [], blobs: found.rows.map(({ content }) => content) }, signal)
    if (known.size >= MOST_KNOWN_BLOBS) known.clear()
    known.add(digest)
  }
}

async function readEntries({ sql: db }: Database, writer: string): Promise<readonly OutboxEntry[]> {
  const { rows } = await sql<OutboxEntry>`
    select sequence, leaf from outbox_entries where writer = ${writer} order by sequence limit ${MOST_ENTRIES}`.execute(
    db
  )
  return rows
}

function countOutcomes(metrics: Metrics): Sending['count'] {
  const outcomes = metrics.counter('bombyx_outbox_entries_total', 'Log entries acknowledged, and calls that failed', [
    'outcome'
  ])
  return (outcome, entries) => outcomes.inc({ outcome }, entries)
}

function ttl({ leaseTtlMs }: OutboxOptions): { readonly ttlMs?: number } {
  return leaseTtlMs === undefined ? {} : { ttlMs: leaseTtlMs }
}
