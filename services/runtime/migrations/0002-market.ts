import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export const market: Migration = {
  async up(db) {
    await sql`
      create table usage_keysets (
        digest bytea primary key,
        keyset bytea not null
      )`.execute(db)
    await sql`
      create table usage_epochs (
        epoch bytea primary key,
        stored_up_to bigint not null
      )`.execute(db)
    await sql`
      create table usage_statements (
        epoch bytea not null references usage_epochs,
        seq bigint not null check (seq > 0),
        keyset_digest bytea not null references usage_keysets,
        session_id bytea not null,
        n bigint not null,
        tenant bytea not null,
        model text not null,
        finish text not null,
        prompt_tokens bigint not null,
        cached_tokens bigint not null,
        completion_tokens bigint not null,
        reasoning_tokens bigint not null,
        duration_ms bigint not null,
        price bigint not null,
        statement bytea not null,
        stored_at timestamptz not null,
        primary key (epoch, seq)
      )`.execute(db)
    await sql`create index usage_statements_session on usage_statements (session_id, n)`.execute(db)
  }
}
