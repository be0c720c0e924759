import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Database } from '../../../services/runtime/database.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { createMetrics } from '../../../services/runtime/metrics.ts'
import {
  type Acknowledged,
  type OutboxDelivery,
  type OutboxOptions,
  startOutbox,
  writeOutbox
} from '../../../services/runtime/outbox.ts'
import { openTestDatabase } from '../../fakes/database.ts'

/** A log that takes each sequence once, and says what it was sent. */
function createFakeLog() {
  const taken = new Map<bigint, bigint>()
  const deliveries: OutboxDelivery[] = []
  const send: OutboxOptions['send'] = async (delivery) => {
    deliveries.push(delivery)
    return delivery.entries.map(({ sequence }) => {
      const index = taken.get(sequence) ?? BigInt(1000 + taken.size)
      taken.set(sequence, index)
      return index
    })
  }
  return { taken, deliveries, send, blobs: () => deliveries.flatMap(({ blobs }) => blobs.map(text)) }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function start(database: Database, options: Pick<OutboxOptions, 'send'> & Partial<OutboxOptions>) {
  const plumbing = { logger: silentLogger, metrics: createMetrics('test'), leaseTtlMs: 300 }
  return startOutbox({ database, writer: 'w', ...plumbing, ...options })
}

function write(database: Database, leaf: string, blobs: readonly string[] = []): Promise<bigint> {
  const bytes = (word: string) => new TextEncoder().encode(word)
  return database.sql
    .transaction()
    .execute((tx) => writeOutbox(tx, 'w', { leaf: bytes(leaf), blobs: blobs.map(bytes) }))
}

async function left(database: Database): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`select count(*) as count from outbox_entries`.execute(database.sql)
  return Number(rows[0]?.count)
}

describe('the outbox', () => {
  it('hands over in order, without gaps, what transactions have written, and forgets it', async () => {
    await using database = await openTestDatabase()
    const log = createFakeLog()
    await write(database, 'before')
    await using _ = await start(database, log)
    const lost = database.sql.transaction().execute(async (tx) => {
      await writeOutbox(tx, 'w', { leaf: Uint8Array.of(1), blobs: [] })
      throw new Error('rolled back')
    })
    await expect(lost).rejects.toThrow('rolled back')
    await Promise.all(Array.from({ length: 40 }, (_, at) => write(database, `leaf ${at}`)))
    await expect.poll(() => log.taken.size).toBe(41)
    const sequences = log.deliveries.flatMap(({ entries }) => entries.map(({ sequence }) => Number(sequence)))
    expect(sequences).toEqual(Array.from({ length: 41 }, (_, at) => at + 1))
    await expect.poll(() => left(database)).toBe(0)
  })

  it('sends a blob before the leaf that names it, and one that the log has not again', async () => {
    await using database = await openTestDatabase()
    const log = createFakeLog()
    await using _ = await start(database, log)
    await write(database, 'one', ['policy', 'evidence 1'])
    await expect.poll(() => log.taken.size).toBe(1)
    await write(database, 'two', ['policy', 'evidence 2'])
    await expect.poll(() => log.taken.size).toBe(2)
    expect(log.blobs().sort()).toEqual(['evidence 1', 'evidence 2', 'policy'])
    const kinds = log.deliveries.map(({ blobs }) => (blobs.length > 0 ? 'blob' : 'leaf'))
    expect(kinds).toEqual(['blob', 'blob', 'leaf', 'blob', 'leaf'])
  })

  it('tries again until the log answers, with the same sequences and with its blobs', async () => {
    await using database = await openTestDatabase()
    const log = createFakeLog()
    let failures = 3
    const send: OutboxOptions['send'] = async (delivery, signal) => {
      const indices = await log.send(delivery, signal)
      // Also when the log has taken the entries and only its answer is lost.
      if (delivery.entries.length > 0 && failures-- > 0) throw new ServiceError('UNAVAILABLE', 'gone')
      return indices
    }
    await using _ = await start(database, { send })
    await write(database, 'leaf', ['blob'])
    await expect.poll(() => left(database)).toBe(0)
    expect([...log.taken]).toEqual([[1n, 1000n]])
    expect(log.blobs()).toEqual(['blob', 'blob', 'blob', 'blob'])
  })

  it('tells its owner exactly once, also when the owner’s part of the transaction fails first', async () => {
    await using database = await openTestDatabase()
    await sql`create table told (sequence bigint, index bigint)`.execute(database.sql)
    let failures = 2
    const onAcknowledged: OutboxOptions['onAcknowledged'] = async (tx, acknowledged: readonly Acknowledged[]) => {
      for (const { sequence, index } of acknowledged) {
        await sql`insert into told (sequence, index) values (${sequence}, ${index})`.execute(tx)
      }
      if (failures-- > 0) throw new Error('not yet')
    }
    await using _ = await start(database, { ...createFakeLog(), onAcknowledged })
    await write(database, 'a')
    await write(database, 'b')
    await expect.poll(() => left(database)).toBe(0)
    const { rows } = await sql`select sequence, index from told order by sequence`.execute(database.sql)
    expect(rows).toEqual([
      { sequence: 1n, index: 1000n },
      { sequence: 2n, index: 1001n }
    ])
  })

  it('is handed over by one replica, and by the other when that one is gone', async () => {
    await using database = await openTestDatabase()
    const [first, second] = [createFakeLog(), createFakeLog()]
    const one = await start(database, first)
    await write(database, 'a')
    await expect.poll(() => first.taken.size).toBe(1)
    await using _ = await start(database, second)
    await write(database, 'b')
    await expect.poll(() => first.taken.size).toBe(2)
    await one[Symbol.asyncDispose]()
    await write(database, 'c')
    await expect.poll(() => [...second.taken.keys()]).toEqual([3n])
  })
})
