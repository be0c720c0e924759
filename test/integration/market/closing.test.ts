import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { createPeriodStore } from '../../../services/market/billing/period-store.ts'
import { checkDelivery } from '../../../services/market/metering/delivery.ts'
import { createMarketStore } from '../../../services/market/metering/store.ts'
import { createHostStore } from '../../../services/market/supply/host-store.ts'
import { takeLease } from '../../../services/runtime/lease.ts'
import { openTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker } from '../../fakes/guest.ts'
import { PRICES, statementOf } from './world.ts'

it('a period that closes waits for a delivery of several hosts, and keeps nothing from it meanwhile', async () => {
  await using database = await openTestDatabase()
  const makeGuest = await createGuestMaker()
  const [low, high] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
  for (const epoch of [high, low]) {
    const guest = makeGuest({ epoch })
    const id = randomBytes(16)
    const host = { id, provider: 'p', keysetDigest: guest.keyset.digest, model: 'm', weights: id, result: id }
    const offer = { prices: PRICES, region: '', slots: 1, notAfter: new Date() }
    await createHostStore(database).saveListed({ ...host, ...offer }, new Date())
    const { statement, keyset } = statementOf(guest, 1)
    const delivered = { statement: statement as Uint8Array, keyset: keyset as Uint8Array, keyId: undefined }
    await createMarketStore(database).storeStatements(checkDelivery([delivered]).proven, new Date())
  }
  const lease = await takeLease(database.sql, 'periods', 60_000)
  if (lease === undefined) throw new Error('the lease is taken')
  let closed: Promise<number> = Promise.resolve(0)
  await database.sql.transaction().execute(async (tx) => {
    await sql`set local lock_timeout = 2000`.execute(tx)
    await sql`select from usage_epochs where epoch = ${low} for update`.execute(tx)
    closed = createPeriodStore(database).close(lease, 100, (places) => {
      return { leaf: randomBytes(8), hashes: places.map(({ statement }) => sha256(statement)) }
    })
    await expect
      .poll(async () => {
        const { rows } = await sql`
        select from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`.execute(
          database.sql
        )
        return rows.length
      })
      .toBe(1)
    await sql`select from usage_epochs where epoch = ${high} for update`.execute(tx)
  })
  expect(await closed).toBe(2)
})
