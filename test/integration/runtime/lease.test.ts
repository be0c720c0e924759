import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../../services/runtime/errors.ts'
import { checkFence, holdLease, takeLease } from '../../../services/runtime/lease.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { openTestDatabase } from '../../fakes/database.ts'

describe('a lease', () => {
  it('is held by one at a time, and its fence only grows', async () => {
    await using database = await openTestDatabase()
    const first = await takeLease(database.sql, 'a', 200)
    expect(await takeLease(database.sql, 'a', 200)).toBeUndefined()
    await delay(300)
    const second = await takeLease(database.sql, 'a', 200)
    expect([first?.fence, second?.fence]).toEqual([1n, 2n])
  })

  it('that has another holder lets nothing be written, and one that only lapsed does', async () => {
    await using database = await openTestDatabase()
    const first = await takeLease(database.sql, 'a', 1)
    await delay(20)
    const write = () => database.sql.transaction().execute((tx) => checkFence(tx, first ?? { name: 'a', fence: 0n }))
    await write()
    await takeLease(database.sql, 'a', 1000)
    expect(codeOf(await write().catch((error: unknown) => error))).toBe('LEASE_LOST')
  })

  it('cannot be taken over in the middle of a write', async () => {
    await using database = await openTestDatabase()
    const first = (await takeLease(database.sql, 'a', 1)) ?? { name: 'a', fence: 0n }
    const order: string[] = []
    await database.sql.transaction().execute(async (tx) => {
      await checkFence(tx, first)
      const takeover = takeLease(database.sql, 'a', 1000).then(() => order.push('taken over'))
      await delay(200)
      await sql`select 1`.execute(tx)
      order.push('written')
      takeover.catch(() => {})
    })
    await expect.poll(() => order).toEqual(['written', 'taken over'])
  })

  it('tells its holder when it is lost, who then tries again', async () => {
    await using database = await openTestDatabase()
    const fences: bigint[] = []
    await using _ = holdLease({ database, name: 'a', logger: silentLogger, ttlMs: 200 }, async (lease, signal) => {
      fences.push(lease.fence)
      await delay(60_000, undefined, { signal }).catch(() => {})
    })
    await expect.poll(() => fences).toEqual([1n])
    await sql`update leases set fence = 7, expires_at = clock_timestamp() + interval '1 second'`.execute(database.sql)
    await expect.poll(() => fences).toEqual([1n, 8n])
  })
})
