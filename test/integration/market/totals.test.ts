import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { createBillStore } from '../../../services/market/billing/store.ts'
import { checkDelivery } from '../../../services/market/metering/delivery.ts'
import { createMarketStore } from '../../../services/market/metering/store.ts'
import { createHostStore } from '../../../services/market/supply/host-store.ts'
import { type Database, migrate, openDatabase } from '../../../services/runtime/database.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker, type Guest } from '../../fakes/guest.ts'
import { PRICES, statementOf } from './world.ts'

let database: Database
let makeGuest: Awaited<ReturnType<typeof createGuestMaker>>
const stack = new AsyncDisposableStack()
const keyId = randomBytes(16)
const DAYS = ['2026-11-01T23:59:59.999Z', '2026-11-02T00:00:00Z', '2026-11-02T12:00:00Z'].map((text) => new Date(text))

beforeAll(async () => {
  database = stack.use(await openDatabase({ url: await createTestDatabase() }))
  makeGuest = await createGuestMaker()
  await sql`
    insert into organisations values ('o', 0, 0, 0, now())`.execute(database.sql)
  await sql`
    insert into api_keys values (${keyId}, 'o', 'k', 'h', '{}', 'listed', 0, 0, 0, now(), null)`.execute(database.sql)
})
afterAll(() => stack.disposeAsync())

/** Everything that the totals say, and the same of the statements, in one form. */
async function compareTotals(): Promise<void> {
  const statements = sql`
    select (usage.stored_at at time zone 'UTC')::date::text as day, usage.*, session.key_id, listed.digest,
      case when listed.digest is null then 'USAGE_UNLISTED' when usage.price * 1000000 > 999999
        + usage.prompt_tokens * price_prompt + usage.cached_tokens * price_cached
        + usage.completion_tokens * price_completion + usage.reasoning_tokens * price_reasoning
        - (usage.prompt_tokens * price_prompt + usage.cached_tokens * price_cached
        + usage.completion_tokens * price_completion + usage.reasoning_tokens * price_reasoning + 999999) % 1000000
        then 'USAGE_OVERPRICED' else '' end as unbillable
    from usage_statements as usage left join usage_sessions as session using (session_id, keyset_digest)
    left join listed_keysets as listed on listed.digest = usage.keyset_digest`
  const billed = await sql`
    select day, encode(coalesce(key_id, ''), 'hex') as key_id,
      case when key_id is null and digest is not null then encode(tenant, 'hex') else '' end as tenant,
      case when digest is null then '' else model end as model, unbillable, count(*)::text as requests,
      (count(*) filter (where finish = 'cancelled'))::text as cancelled,
      (count(*) filter (where finish = 'failed'))::text as failed, sum(prompt_tokens)::text as prompt_tokens,
      sum(cached_tokens)::text as cached_tokens, sum(completion_tokens)::text as completion_tokens,
      sum(reasoning_tokens)::text as reasoning_tokens, sum(price)::text as price
    from (${statements}) as usage group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`.execute(database.sql)
  const kept = await sql`
    select day::text, encode(key_id, 'hex') as key_id, encode(tenant, 'hex') as tenant, model, unbillable,
      requests::text, cancelled::text, failed::text, prompt_tokens::text, cached_tokens::text, completion_tokens::text,
      reasoning_tokens::text, price::text
    from billed_days where requests <> 0 or price <> 0 or prompt_tokens <> 0 order by 1, 2, 3, 4, 5`.execute(
    database.sql
  )
  expect(kept.rows).toEqual(billed.rows)
  const served = await sql`
    select encode(keyset_digest, 'hex') as keyset, day, encode(tenant, 'hex') as tenant, unbillable,
      encode(epoch, 'hex') as epoch, count(*)::text as requests,
      (count(*) filter (where finish = 'failed'))::text as failed,
      sum(prompt_tokens + cached_tokens)::text as prompt_tokens,
      sum(completion_tokens + reasoning_tokens)::text as completion_tokens, sum(duration_ms)::text as duration_ms,
      sum(price)::text as price
    from (${statements}) as usage where digest is not null group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4`.execute(
    database.sql
  )
  const keptServed = await sql`
    select encode(keyset_digest, 'hex') as keyset, day::text, encode(tenant, 'hex') as tenant, unbillable,
      encode(epoch, 'hex') as epoch, requests::text, failed::text, prompt_tokens::text, completion_tokens::text,
      duration_ms::text, price::text
    from served_days order by 1, 2, 3, 4`.execute(database.sql)
  expect(keptServed.rows).toEqual(served.rows)
}

type Replica = ReturnType<typeof createMarketStore>

interface Delivery {
  readonly kind: 'deliver'
  readonly by: 0 | 1
  readonly host: 0 | 1
  readonly seqs: readonly number[]
  /** Whether the relay knows whose sessions they are of. */
  readonly named: boolean
  /** By a guest that was never listed and names the host's epoch. */
  readonly squats: boolean
  readonly at: Date
}

type Step = Delivery | { readonly kind: 'list'; readonly host: 0 | 1; readonly dearer: boolean }

const either = fc.constantFrom<0 | 1>(0, 1)
const delivery: fc.Arbitrary<Delivery> = fc.record({
  kind: fc.constant('deliver'),
  by: either,
  host: either,
  seqs: fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 1 }),
  named: fc.boolean(),
  squats: fc.constant(false),
  at: fc.constantFrom(...DAYS)
})
const listing = fc.record({ kind: fc.constant('list' as const), host: either, dearer: fc.boolean() })
const squatting = delivery.map((one) => ({ ...one, squats: true }))
/** What comes at once. */
const together = fc.array(fc.oneof<fc.Arbitrary<Step>[]>(delivery, squatting, listing), { minLength: 1, maxLength: 5 })
const steps = fc.array(together, { minLength: 1, maxLength: 6 })

interface Served {
  readonly guest: Guest
  readonly stranger: Guest
  readonly sessions: readonly Uint8Array[]
  readonly id: Uint8Array
}

function newHost(): Served {
  const guest = makeGuest()
  const stranger = makeGuest({ epoch: guest.keyset.epoch })
  return { guest, stranger, sessions: [randomBytes(16), randomBytes(16)], id: randomBytes(16) }
}

/** Statements at what the host offers, or a little more: whether they are overpriced depends on what it was listed with. */
function made({ guest, stranger, sessions }: Served, { seqs, named, squats }: Delivery) {
  return seqs.map((seq) => {
    const counts = { prompt: 10_000 * seq, cached: 7 * seq, completion: seq, reasoning: 1 }
    const [tenant, sessionId] = [new Uint8Array(16).fill(seq % 3), sessions[seq % 2] ?? randomBytes(16)]
    const finish = (['complete', 'cancelled', 'failed'] as const)[seq % 3] ?? 'complete'
    const fields = { counts, tenant, sessionId, finish, price: BigInt(seq + 1 + (seq % 2)) }
    const { statement, keyset } = statementOf(squats ? stranger : guest, seq, fields)
    return { statement: statement as Uint8Array, keyset: keyset as Uint8Array, keyId: named ? keyId : undefined }
  })
}

async function take(step: Step, hosts: readonly Served[], replicas: readonly Replica[]): Promise<void> {
  const host = hosts[step.host]
  if (host === undefined) return
  if (step.kind === 'deliver') {
    const { proven, refused } = checkDelivery(made(host, step))
    expect(refused).toEqual([])
    await replicas[step.by]?.storeStatements(proven, step.at)
    return
  }
  const { guest, id } = host
  const prices = step.dearer ? { ...PRICES, prompt: 2n * PRICES.prompt } : PRICES
  const offered = { id, provider: 'p', keysetDigest: guest.keyset.digest, model: 'm', weights: id, result: id, prices }
  await createHostStore(database).saveListed({ ...offered, region: '', slots: 1, notAfter: new Date() }, new Date())
}

async function waiting(): Promise<number> {
  const { rows } = await sql<{ locks: number }>`
    select count(*)::int as locks from pg_locks join pg_stat_activity using (pid)
    where not granted and datname = current_database()`.execute(database.sql)
  return rows[0]?.locks ?? 0
}

describe('what is kept of totals', () => {
  it('is the sum of the statements, in whatever order and however often they, their keys and their listing come', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const replicas = [createMarketStore(database), createMarketStore(database)]
        const hosts = [newHost(), newHost()]
        for (const together of sequence) {
          await Promise.all(together.map((step) => take(step, hosts, replicas)))
          await compareTotals()
        }
      }),
      { numRuns: 30 }
    )
  })

  it('has no line in hand while a delivery waits to take a squatter out of another', async () => {
    const replica = createMarketStore(database)
    const host = newHost()
    const replicas = [replica, replica]
    const delivered: Delivery = { kind: 'deliver', by: 0, host: 0, seqs: [1], named: true, squats: true, at: DAYS[0]! }
    await take(delivered, [host], replicas)
    await take({ kind: 'list', host: 0, dearer: true }, [host], replicas)
    let waits: Promise<void> = Promise.resolve()
    await database.sql.transaction().execute(async (tx) => {
      await sql`set local lock_timeout = 2000`.execute(tx)
      await sql`select from billed_days where unbillable = 'USAGE_UNLISTED' for update`.execute(tx)
      waits = take({ ...delivered, seqs: [1, 2], squats: false }, [host], replicas)
      await expect.poll(waiting).toBe(1)
      // As another delivery would that counts the same lines.
      await sql`update billed_days set requests = requests where unbillable <> 'USAGE_UNLISTED'`.execute(tx)
    })
    await waits
    await compareTotals()
  })

  it('stays as it is when a host asks for more, and none of its statements asked for too much', async () => {
    const host = newHost()
    const replicas = [createMarketStore(database)]
    await take({ kind: 'list', host: 0, dearer: false }, [host], replicas)
    const delivered: Delivery = { kind: 'deliver', by: 0, host: 0, seqs: [2], named: true, squats: false, at: DAYS[0]! }
    await take(delivered, [host], replicas)
    const lines = sql`select xmin::text, price::text from billed_days order by 1, 2`
    const { rows } = await lines.execute(database.sql)
    await take({ kind: 'list', host: 0, dearer: true }, [host], replicas)
    expect((await lines.execute(database.sql)).rows).toEqual(rows)
    await take({ ...delivered, seqs: [1] }, [host], replicas)
    await compareTotals()
  })

  it('makes the same bill of a day as its parts do', async () => {
    const bills = createBillStore(database)
    const [from, to] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-03T00:00:00Z')]
    const whole = await bills.readBill({ from, to }, '')
    expect(whole.length).toBeGreaterThan(3)
    const noon = new Date('2026-11-02T12:00:00Z')
    const parts = [...(await bills.readBill({ from, to: noon }, '')), ...(await bills.readBill({ from: noon, to }, ''))]
    const sum = (lines: typeof whole): bigint =>
      lines.reduce((total, { price, requests }) => total + price + requests, 0n)
    expect(sum(parts)).toBe(sum(whole))
    // From the statements alone, but for one whole day.
    const wider = { from: new Date(from.getTime() - 1), to: new Date(to.getTime() + 1) }
    expect(await bills.readBill(wider, '')).toEqual(whole)
    expect((await bills.readBill({ from, to }, 'o')).every(({ organisation }) => organisation === 'o')).toBe(true)
  })
})

describe('a history of before totals were kept', () => {
  it('is added up by the migration', async () => {
    await sql`drop table billed_days, served_days`.execute(database.sql)
    await sql`drop index usage_sessions_key, usage_epochs_open`.execute(database.sql)
    await sql`alter table voucher_statements drop constraint voucher_statements_pkey, add primary key (epoch, seq, escrow)`.execute(
      database.sql
    )
    await sql`delete from kysely_migration where name = '0018-totals'`.execute(database.sql)
    await migrate(database.sql)
    await compareTotals()
  })
})
