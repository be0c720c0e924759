import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import type { Unbillable } from './billing.ts'

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

/** Statements and the keys of their sessions. */
export const STATEMENTS_WITH_KEYS: RawBuilder<unknown> = sql`
  usage_statements as usage left join usage_sessions as session
    on session.session_id = usage.session_id and session.keyset_digest = usage.keyset_digest`

/**
 * What each statement of `usage` counts as, so many `times`. What was never listed is one line a day and key, whatever it says of
 * itself: else whoever may deliver could make a bill endless.
 */
export function classed(
  usage: RawBuilder<unknown>,
  { keyId, times }: { readonly keyId: RawBuilder<unknown>; readonly times: RawBuilder<unknown> }
): RawBuilder<unknown> {
  return sql`
    select (usage.stored_at at time zone 'UTC')::date as day, coalesce(${keyId}, '') as key_id,
      case when ${keyId} is null and listed.digest is not null then usage.tenant else '' end as tenant,
      case when listed.digest is null then '' else usage.model end as model, ${UNBILLABLE} as unbillable,
      usage.keyset_digest, usage.epoch, usage.tenant as payer, usage.finish, usage.prompt_tokens, usage.cached_tokens,
      usage.completion_tokens, usage.reasoning_tokens, usage.duration_ms, usage.price, ${times} as times
    from ${usage} left join listed_keysets as listed on listed.digest = usage.keyset_digest`
}

/**
 * Counts what `classed` gives into the lines of bills. In one order everywhere, and once a transaction unless it counts alone, so that
 * deliveries wait for each other and do not lock each other out.
 */
export function addBilled(counted: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into billed_days as old (day, key_id, tenant, model, unbillable, requests, cancelled, failed, prompt_tokens,
      cached_tokens, completion_tokens, reasoning_tokens, price)
    select day, key_id, tenant, model, unbillable, sum(times),
      coalesce(sum(times) filter (where finish = 'cancelled'), 0),
      coalesce(sum(times) filter (where finish = 'failed'), 0), sum(times * prompt_tokens::numeric),
      sum(times * cached_tokens::numeric), sum(times * completion_tokens::numeric),
      sum(times * reasoning_tokens::numeric), sum(times * price::numeric)
    from ${counted} as counted group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (day, key_id, tenant, model, unbillable) do update set requests = old.requests + excluded.requests,
      cancelled = old.cancelled + excluded.cancelled, failed = old.failed + excluded.failed,
      prompt_tokens = old.prompt_tokens + excluded.prompt_tokens,
      cached_tokens = old.cached_tokens + excluded.cached_tokens,
      completion_tokens = old.completion_tokens + excluded.completion_tokens,
      reasoning_tokens = old.reasoning_tokens + excluded.reasoning_tokens, price = old.price + excluded.price`
}

/** The same, into what listed hosts served each payer. */
export function addServed(counted: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into served_days as old (keyset_digest, day, tenant, unbillable, epoch, requests, failed, prompt_tokens,
      completion_tokens, duration_ms, price)
    select keyset_digest, day, payer, unbillable, epoch, sum(times),
      coalesce(sum(times) filter (where finish = 'failed'), 0),
      sum(times * (prompt_tokens::numeric + cached_tokens)),
      sum(times * (completion_tokens::numeric + reasoning_tokens)), sum(times * duration_ms::numeric),
      sum(times * price::numeric)
    from ${counted} as counted where unbillable <> 'USAGE_UNLISTED'
    group by 1, 2, 3, 4, 5 having sum(times) <> 0 order by 1, 2, 3, 4
    on conflict (keyset_digest, day, tenant, unbillable) do update set requests = old.requests + excluded.requests,
      failed = old.failed + excluded.failed, prompt_tokens = old.prompt_tokens + excluded.prompt_tokens,
      completion_tokens = old.completion_tokens + excluded.completion_tokens,
      duration_ms = old.duration_ms + excluded.duration_ms, price = old.price + excluded.price`
}

const LOCK = sql`hashtextextended('bombyx market totals', 0)`

/** Held to the end by every transaction that counts statements in: what they count as does not change meanwhile. */
export const WHILE_COUNTING: RawBuilder<unknown> = sql`pg_advisory_xact_lock_shared(${LOCK})`

/** To the end of a transaction that has locked nothing before, nobody else counts. */
export async function countAlone(tx: QueryExecutorProvider): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx)
}

/** Does what changes what a keyset's statements count as, and counts them again. `tx` has locked nothing before. */
export async function recount(
  tx: QueryExecutorProvider,
  keyset: Uint8Array,
  change: () => Promise<unknown>
): Promise<void> {
  const own = (times: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`(${classed(STATEMENTS_WITH_KEYS, { keyId: sql`session.key_id`, times })} where usage.keyset_digest = ${keyset})`
  await countAlone(tx)
  if (await isAllCharged(tx, keyset)) {
    await change()
    return
  }
  await addBilled(own(sql`-1`)).execute(tx)
  await sql`delete from served_days where keyset_digest = ${keyset}`.execute(tx)
  await change()
  await addBilled(own(sql`1`)).execute(tx)
  await addServed(own(sql`1`)).execute(tx)
}

/** Of a listed keyset: what is charged at its prices is charged at any higher ones. */
async function isAllCharged(tx: QueryExecutorProvider, keyset: Uint8Array): Promise<boolean> {
  const { rows } = await sql`
    select from listed_keysets where digest = ${keyset}
      and not exists (select from served_days where keyset_digest = digest and unbillable <> '')`.execute(tx)
  return rows.length > 0
}
