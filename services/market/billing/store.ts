import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database, Tables } from '../../runtime/database.ts'
import type { BilledStatement, BillLine, Cursor, Period, Placed, Spent, SpentByKey, Unbillable } from './billing.ts'

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

/**
 * Why a statement is not charged: its keyset was never listed, or it asks for more than the highest prices that the keyset was
 * listed with, rounded up as in a statement. Numeric throughout: counts × prices pass 64 bits.
 */
export const UNBILLABLE: RawBuilder<Unbillable> = sql`
  case when listed.digest is null then 'USAGE_UNLISTED'
    when usage.price > div(
      usage.prompt_tokens::numeric * listed.price_prompt + usage.cached_tokens::numeric * listed.price_cached
      + usage.completion_tokens::numeric * listed.price_completion
      + usage.reasoning_tokens::numeric * listed.price_reasoning + 999999, 1000000) then 'USAGE_OVERPRICED'
    else '' end`

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
  usage_statements as usage
  left join listed_keysets as listed on listed.digest = usage.keyset_digest
  left join usage_sessions as session
    on session.session_id = usage.session_id and session.keyset_digest = usage.keyset_digest
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

type LineRow = Omit<BillLine, 'keyId' | 'tenant'> & {
  keyId: Uint8Array | null
  tenant: Uint8Array | null
}

// What was never listed is one line a day and key, whatever it says of itself: else whoever may deliver could make a bill endless.
async function readBill(db: Db, period: Period, organisation: string): Promise<readonly BillLine[]> {
  const { rows } = await sql<LineRow>`
    select to_char(usage.stored_at at time zone 'UTC', 'YYYY-MM-DD') as day,
      coalesce(key.organisation, '') as organisation, session.key_id as "keyId",
      case when session.key_id is null and listed.digest is not null then usage.tenant end as tenant,
      case when listed.digest is null then '' else usage.model end as model, ${UNBILLABLE} as unbillable,
      count(*) as requests, count(*) filter (where usage.finish = 'cancelled') as cancelled,
      count(*) filter (where usage.finish = 'failed') as failed,
      ${bounded(sql`sum(usage.prompt_tokens)`)} as prompt, ${bounded(sql`sum(usage.cached_tokens)`)} as cached,
      ${bounded(sql`sum(usage.completion_tokens)`)} as completion,
      ${bounded(sql`sum(usage.reasoning_tokens)`)} as reasoning, ${bounded(sql`sum(usage.price)`)} as price
    from ${FROM} where ${within(period, organisation)}
    group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6`.execute(db)
  return rows.map((row) => ({
    ...row,
    keyId: row.keyId ?? undefined,
    tenant: row.tenant ?? undefined
  }))
}

function within({ from, to }: Period, organisation: string): RawBuilder<unknown> {
  const own = organisation === '' ? sql`true` : sql`key.organisation = ${organisation}`
  return sql`usage.stored_at >= ${from} and usage.stored_at < ${to} and ${own}`
}

/** Of keys that have spent anything this month. Only what is billable counts against a limit. */
async function readSpent(db: Db, day: Date, month: Date): Promise<readonly SpentByKey[]> {
  const tokens = sql`usage.prompt_tokens + usage.cached_tokens + usage.completion_tokens + usage.reasoning_tokens`
  const today = sql`coalesce(sum(${tokens}) filter (where usage.stored_at >= ${day}), 0)`
  const { rows } = await sql<{ keyId: Uint8Array; organisation: string } & Spent>`
    select session.key_id as "keyId", key.organisation, ${bounded(today)} as tokens,
      ${bounded(sql`sum(usage.price)`)} as nanoton
    from ${FROM}
    where usage.stored_at >= ${month} and key.id is not null and ${UNBILLABLE} = ''
    group by 1, 2`.execute(db)
  return rows.map(({ keyId, organisation, ...spent }) => ({ keyId, organisation, spent }))
}
