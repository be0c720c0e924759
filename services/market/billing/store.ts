import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database, Tables } from '../../runtime/database.ts'
import {
  type BilledStatement,
  type BillLine,
  type Cursor,
  dayText,
  type Period,
  type Placed,
  type Spent,
  type SpentByKey,
  splitPeriod,
  type Unbillable
} from './billing.ts'
import { classed, STATEMENTS_WITH_KEYS, UNBILLABLE } from './totals.ts'

export interface BillStore {
  /** Empty organisation: everybody's. */
  readBill(period: Period, organisation: string): Promise<readonly BillLine[]>
  /** After a place, in the order of storing. */
  readStatements(
    period: Period,
    organisation: string,
    after: Cursor,
    most: number
  ): Promise<readonly Placed<BilledStatement>[]>
  readSpent(day: Date, month: Date): Promise<readonly SpentByKey[]>
}

type Db = Kysely<Tables>

/** A sum as 64 bits hold it: what hosts sign may be as large as they like, and must stop no bill and no relay. */
export function bounded(sum: RawBuilder<unknown>): RawBuilder<bigint> {
  return sql`least(${sum}, 9223372036854775807)::bigint`
}

/** The end of a query that reads on from a place. */
export function placedAfter({ storedAt, epoch, seq }: Cursor): RawBuilder<unknown> {
  return sql`(usage.stored_at, usage.epoch, usage.seq) > (${storedAt}, ${epoch}, ${seq})
    order by usage.stored_at, usage.epoch, usage.seq`
}

const FROM: RawBuilder<unknown> = sql`
  ${STATEMENTS_WITH_KEYS}
  left join listed_keysets as listed on listed.digest = usage.keyset_digest
  left join api_keys as key on key.id = session.key_id`

export function createBillStore({ sql: db }: Database): BillStore {
  return {
    readBill: (period, organisation) => readBill(db, period, organisation),
    readStatements: async (period, organisation, after, most) => {
      const { rows } = await sql<StatementRow>`
        select usage.statement, ${UNBILLABLE} as unbillable, session.key_id, usage.stored_at, usage.epoch, usage.seq
        from ${FROM} where ${within(period, organisation)}
          and ${placedAfter(after)} limit ${most}`.execute(db)
      return rows.map(({ statement, unbillable, key_id, stored_at, epoch, seq }) => ({
        statement,
        unbillable,
        keyId: key_id ?? undefined,
        storedAt: stored_at,
        cursor: { storedAt: stored_at, epoch, seq }
      }))
    },
    readSpent: (day, month) => readSpent(db, day, month)
  }
}

interface StatementRow {
  statement: Uint8Array
  unbillable: Unbillable
  key_id: Uint8Array | null
  stored_at: Date
  epoch: Uint8Array
  seq: bigint
}

/** Whole UTC days were added up when they were stored; of a day that is asked for in part, its statements are. */
async function readBill(db: Db, period: Period, organisation: string): Promise<readonly BillLine[]> {
  const { days, parts } = splitPeriod(period)
  const own =
    organisation === '' ? sql`true` : sql`key_id in (select id from api_keys where organisation = ${organisation})`
  const whole = sql`
    select day, key_id, tenant, model, unbillable, requests, cancelled, failed, prompt_tokens, cached_tokens,
      completion_tokens, reasoning_tokens, price
    from billed_days where day >= ${days.from}::date and day < ${days.to}::date and ${own}`
  const part = ({ from, to }: Period): RawBuilder<unknown> => sql`
    union all select day, key_id, tenant, model, unbillable, 1, (finish = 'cancelled')::int, (finish = 'failed')::int,
      prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, price
    from (${classed(STATEMENTS_WITH_KEYS, { keyId: sql`session.key_id`, times: sql`1` })}
      where usage.stored_at >= ${from} and usage.stored_at < ${to}) as counted where ${own}`
  const { rows } = await sql<BillLine>`
    select to_char(day, 'YYYY-MM-DD') as day, coalesce(key.organisation, '') as organisation,
      nullif(key_id, '') as "keyId", nullif(tenant, '') as tenant, model, unbillable,
      sum(requests)::bigint as requests, sum(cancelled)::bigint as cancelled, sum(failed)::bigint as failed,
      ${bounded(sql`sum(prompt_tokens)`)} as prompt, ${bounded(sql`sum(cached_tokens)`)} as cached,
      ${bounded(sql`sum(completion_tokens)`)} as completion,
      ${bounded(sql`sum(reasoning_tokens)`)} as reasoning, ${bounded(sql`sum(price)`)} as price
    from (${whole} ${sql.join(parts.map(part), sql` `)}) as line left join api_keys as key on key.id = key_id
    group by 1, 2, 3, 4, 5, 6 having sum(requests) > 0 order by 1, 2, 3, 4, 5, 6`.execute(db)
  return rows.map((row) => ({ ...row, keyId: row.keyId ?? undefined, tenant: row.tenant ?? undefined }))
}

function within({ from, to }: Period, organisation: string): RawBuilder<unknown> {
  const own = organisation === '' ? sql`true` : sql`key.organisation = ${organisation}`
  return sql`usage.stored_at >= ${from} and usage.stored_at < ${to} and ${own}`
}

/** Of keys that have spent anything this month. Only what is billable counts against a limit. */
async function readSpent(db: Db, day: Date, month: Date): Promise<readonly SpentByKey[]> {
  const tokens = sql`prompt_tokens + cached_tokens + completion_tokens + reasoning_tokens`
  const today = sql`coalesce(sum(${tokens}) filter (where day >= ${dayText(day)}::date), 0)`
  const { rows } = await sql<{ keyId: Uint8Array; organisation: string } & Spent>`
    select key_id as "keyId", key.organisation, tokens, nanoton from (
      select key_id, ${bounded(today)} as tokens, ${bounded(sql`sum(price)`)} as nanoton
      from billed_days where day >= ${dayText(month)}::date and unbillable = ''
      group by key_id having sum(requests) > 0
    ) as spent join api_keys as key on key.id = key_id`.execute(db)
  return rows.map(({ keyId, organisation, ...spent }) => ({ keyId, organisation, spent }))
}
