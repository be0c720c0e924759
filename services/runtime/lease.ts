import { setTimeout as delay } from 'node:timers/promises'
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Database } from './database.ts'
import { codeOf, ServiceError } from './errors.ts'
import type { Logger } from './log.ts'

/** One of a kind among replicas, for as long as nobody else has taken over: its fence is higher than any holder's before. */
export interface Lease {
  readonly name: string
  readonly fence: bigint
}

export interface LeaseOptions {
  readonly database: Database
  readonly name: string
  readonly logger: Logger
  /** After this long without a renewal others may take over; 5 s when absent. */
  readonly ttlMs?: number
}

/** What is done while the lease is held. It ends soon after the signal; when it throws, the lease is given up and tried for again. */
export type LeaseWork = (lease: Lease, signal: AbortSignal) => Promise<void>

const DEFAULT_TTL_MS = 5000
const TRIES_A_TTL = 5
/** A transaction that stands still longer is ended by the server, so that a paused holder's row lock keeps nobody out. */
const IDLE_LIMIT_MS = 10_000

/**
 * Does the work whenever this process holds the lease. A holder that was paused may still believe in its lease: what it
 * writes must go through `checkFence` in the same transaction.
 */
export function holdLease(options: LeaseOptions, work: LeaseWork): AsyncDisposable {
  const stop = new AbortController()
  const done = keepTrying(options, work, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    }
  }
}

/**
 * Throws `LEASE_LOST` unless this lease is still the newest; until the transaction ends, nobody can take it over. The
 * clock plays no part: a lease that lapsed and that nobody took is as good as before.
 */
export async function checkFence(tx: QueryExecutorProvider, { name, fence }: Lease): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${String(IDLE_LIMIT_MS)}, true)`.execute(tx)
  const { rows } = await sql`
    select 1 from leases where name = ${name} and fence = ${fence} for no key update`.execute(tx)
  if (rows.length === 0) throw new ServiceError('LEASE_LOST', `${name} has another holder`)
}

/** The lease, or undefined while another's has not lapsed. */
export async function takeLease(db: QueryExecutorProvider, name: string, ttlMs: number): Promise<Lease | undefined> {
  const { rows } = await sql<{ fence: bigint }>`
    insert into leases (name, fence, expires_at) values (${name}, 1, clock_timestamp() + ${interval(ttlMs)})
    on conflict (name) do update set fence = leases.fence + 1, expires_at = excluded.expires_at
      where leases.expires_at < clock_timestamp()
    returning fence`.execute(db)
  const fence = rows[0]?.fence
  return fence === undefined ? undefined : { name, fence }
}

async function keepTrying(options: LeaseOptions, work: LeaseWork, stop: AbortSignal): Promise<void> {
  const { database, name, logger } = options
  const ttlMs = options.ttlMs ?? DEFAULT_TTL_MS
  while (!stop.aborted) {
    try {
      const lease = await takeLease(database.sql, name, ttlMs)
      if (lease !== undefined) await holdWhileWorking({ ...options, ttlMs }, lease, work, stop)
    } catch (error) {
      if (!stop.aborted) logger.warn('lease not held', { name, code: codeOf(error) ?? 'INTERNAL' }, error)
    }
    await sleep(ttlMs / TRIES_A_TTL, stop)
  }
}

async function holdWhileWorking(
  { database, ttlMs, logger }: LeaseOptions & { readonly ttlMs: number },
  lease: Lease,
  work: LeaseWork,
  stop: AbortSignal
): Promise<void> {
  logger.debug('lease taken', { name: lease.name, seq: String(lease.fence) })
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  const renewing = renew(database, lease, ttlMs, signal).finally(() => over.abort())
  try {
    await work(lease, signal)
  } finally {
    over.abort()
    await renewing.catch(() => {})
    await giveUp(database, lease).catch(() => {})
  }
}

async function renew(database: Database, lease: Lease, ttlMs: number, signal: AbortSignal): Promise<void> {
  let lapsesAt = performance.now() + ttlMs
  while (!signal.aborted) {
    await sleep(ttlMs / TRIES_A_TTL, signal)
    if (signal.aborted) return
    const startedAt = performance.now()
    try {
      if (!(await extend(database, lease, ttlMs))) return
      lapsesAt = startedAt + ttlMs
    } catch {
      // The database may be back before the lease has lapsed.
      if (performance.now() > lapsesAt) return
    }
  }
}

async function extend({ sql: db }: Database, { name, fence }: Lease, ttlMs: number): Promise<boolean> {
  const { rows } = await sql`
    update leases set expires_at = clock_timestamp() + ${interval(ttlMs)}
    where name = ${name} and fence = ${fence} returning 1`.execute(db)
  return rows.length > 0
}

/** So that the next holder need not wait for the lease to lapse. */
async function giveUp({ sql: db }: Database, { name, fence }: Lease): Promise<void> {
  await sql`update leases set expires_at = '-infinity' where name = ${name} and fence = ${fence}`.execute(db)
}

function interval(milliseconds: number) {
  return sql`make_interval(secs => ${milliseconds / 1000})`
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {})
}
