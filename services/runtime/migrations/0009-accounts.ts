import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Who may ask: organisations, their keys, and what they will ask for. Limits of 0 are none. */
export const accounts: Migration = {
  async up(db) {
    await sql`
      create table organisations (
        name text primary key,
        requests_per_minute integer not null,
        tokens_per_day bigint not null,
        nanoton_per_month bigint not null,
        created_at timestamptz not null
      )`.execute(db)
    await sql`
      create table api_keys (
        id bytea primary key,
        organisation text not null references organisations,
        name text not null,
        hash text not null unique,
        models text[] not null,
        minimum_policy text not null,
        requests_per_minute integer not null,
        tokens_per_day bigint not null,
        nanoton_per_month bigint not null,
        created_at timestamptz not null,
        revoked_at timestamptz
      )`.execute(db)
    await sql`
      create table demands (
        id bytea primary key,
        organisation text not null references organisations,
        model text not null,
        weights bytea,
        billions double precision not null,
        active_billions double precision not null,
        queries_per_day bigint not null,
        input_tokens bigint not null,
        output_tokens bigint not null,
        peak_factor double precision not null,
        price_ceiling bigint not null,
        latency_ceiling_ms bigint not null,
        region text not null,
        minimum_policy text not null,
        created_at timestamptz not null
      )`.execute(db)
  }
}
