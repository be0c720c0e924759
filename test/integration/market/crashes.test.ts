import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { startProcess } from '../../../services/runtime/child-process.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker } from '../../fakes/guest.ts'
import { statementOf } from './world.ts'

const KILLS = 3
const STATEMENTS = 2_000
const BATCH = 50
const LIMIT = { deadlineMs: 40_000 }

it('a market that is killed while it stores loses no statement and stores none twice', async () => {
  await using stack = new AsyncDisposableStack()
  const url = await createTestDatabase()
  const database = stack.use(await openDatabase({ url }))
  const guest = (await createGuestMaker())()
  const sessionId = randomBytes(16)
  const statements = Array.from({ length: STATEMENTS }, (_, at) => statementOf(guest, at + 1, { sessionId, price: 7n }))
  const module = new URL('../../../services/market/main.ts', import.meta.url)
  const open = new Set(Array.from({ length: STATEMENTS / BATCH }, (_, at) => at))
  for (let life = 0; life <= KILLS; life++) {
    const env = { DATABASE_URL: url, PATH: process.env['PATH'] ?? '' }
    await using market = await startProcess({ name: 'market', module, env }, { onLine: () => {} })
    const client = await connect(bombyxV1.Metering, market.authority)
    const left = [...open]
    const kill = life === KILLS ? Number.POSITIVE_INFINITY : Math.floor(left.length / 2)
    // All at once: some are stored, some are under way and some wait when the process is killed.
    const stored = left.map(async (batch, place) => {
      if (place === kill) process.kill(market.pid, 'SIGKILL')
      await callUnary(client, 'StoreUsage', { statements: statements.slice(batch * BATCH, (batch + 1) * BATCH) }, LIMIT)
      // One acknowledgement in three is lost on the way: the relay offers the batch again.
      if (batch % 3 !== 0 || life === KILLS) open.delete(batch)
    })
    await Promise.allSettled(stored)
    client.close()
  }
  expect(open.size).toBe(0)
  const { rows } = await sql<{ statements: bigint; price: string }>`
    select count(*) as statements, sum(price)::text as price from usage_statements`.execute(database.sql)
  expect(rows).toEqual([{ statements: BigInt(STATEMENTS), price: String(7 * STATEMENTS) }])
  const counted = await sql<{ statements: bigint; price: string }>`
    select sum(requests)::bigint as statements, sum(price)::text as price from billed_days`.execute(database.sql)
  expect(counted.rows).toEqual(rows)
  const epochs = await sql<{ stored_up_to: bigint }>`select stored_up_to from usage_epochs`.execute(database.sql)
  expect(epochs.rows).toEqual([{ stored_up_to: BigInt(STATEMENTS) }])
})
