import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What statements come to, kept with them: questions about money must not read all that was ever served. */
export const totals: Migration = {
  async up(db) {
    // A long history takes longer than a statement otherwise may.
    await sql`set local statement_timeout = 0`.execute(db)
    await sql`lock table usage_statements, usage_sessions, listed_keysets in share row exclusive mode`.execute(db)
    // A bill's lines. No key, tenant or model: empty, so that all of them are in the key.
    await sql`
      create table billed_days (
        day date not null,
        key_id bytea not null,
        tenant bytea not null,
        model text not null,
        unbillable text not null,
        requests bigint not null,
        cancelled bigint not null,
        failed bigint not null,
        prompt_tokens numeric not null,
        cached_tokens numeric not null,
        completion_tokens numeric not null,
        reasoning_tokens numeric not null,
        price numeric not null,
        primary key (day, key_id, tenant, model, unbillable)
      )`.execute(db)
    // Under a keyset that was listed, to one payer.
    await sql`
      create table served_days (
        keyset_digest bytea not null,
        day date not null,
        tenant bytea not null,
        unbillable text not null,
        epoch bytea not null,
        requests bigint not null,
        failed bigint not null,
        prompt_tokens numeric not null,
        completion_tokens numeric not null,
        duration_ms numeric not null,
        price numeric not null,
        primary key (keyset_digest, day, tenant, unbillable)
      )`.execute(db)
    await sql`
      create temporary table classed on commit drop as
      select (usage.stored_at at time zone 'UTC')::date as day, coalesce(session.key_id, '') as key_id,
        case when listed.digest is null then '' else usage.model end as billed_model,
        case when listed.digest is null then 'USAGE_UNLISTED'
          when usage.price > div(
            usage.prompt_tokens::numeric * listed.price_prompt + usage.cached_tokens::numeric * listed.price_cached
            + usage.completion_tokens::numeric * listed.price_completion
            + usage.reasoning_tokens::numeric * listed.price_reasoning + 999999, 1000000) then 'USAGE_OVERPRICED'
          else '' end as unbillable,
        case when session.key_id is null and listed.digest is not null then usage.tenant else '' end as billed_tenant,
        usage.keyset_digest, usage.epoch, usage.tenant, usage.finish, usage.prompt_tokens, usage.cached_tokens,
        usage.completion_tokens, usage.reasoning_tokens, usage.duration_ms, usage.price
      from usage_statements as usage
      left join listed_keysets as listed on listed.digest = usage.keyset_digest
      left join usage_sessions as session
        on session.session_id = usage.session_id and session.keyset_digest = usage.keyset_digest`.execute(db)
    await sql`
      insert into billed_days
      select day, key_id, billed_tenant, billed_model, unbillable, count(*),
        count(*) filter (where finish = 'cancelled'), count(*) filter (where finish = 'failed'), sum(prompt_tokens),
        sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(price)
      from classed group by 1, 2, 3, 4, 5`.execute(db)
    await sql`
      insert into served_days
      select keyset_digest, day, tenant, unbillable, min(epoch), count(*), count(*) filter (where finish = 'failed'),
        sum(prompt_tokens::numeric + cached_tokens), sum(completion_tokens::numeric + reasoning_tokens),
        sum(duration_ms), sum(price)
      from classed where unbillable <> 'USAGE_UNLISTED' group by 1, 2, 3, 4`.execute(db)
    await sql`create index billed_days_key on billed_days (key_id, day)`.execute(db)
    await sql`create index served_days_day on served_days (day)`.execute(db)
    await sql`create index served_days_tenant on served_days (tenant)`.execute(db)
    // Whether an escrow's vouchers cover anything of an epoch is asked of each epoch.
    await sql`
      alter table voucher_statements drop constraint voucher_statements_pkey, add primary key (epoch, escrow, seq)
      `.execute(db)
    // Whose statements an organisation's are.
    await sql`create index usage_sessions_key on usage_sessions (key_id)`.execute(db)
    // Epochs that the next period takes statements of.
    await sql`create index usage_epochs_open on usage_epochs (epoch) where stored_up_to > closed_up_to`.execute(db)
    await sql`analyze billed_days, served_days`.execute(db)
  }
}
