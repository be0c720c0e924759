import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Whose key a session with a host is of, and the periods whose usage the log is told of. */
export const billing: Migration = {
  async up(db) {
    await sql`
      create table usage_sessions (
        session_id bytea not null,
        keyset_digest bytea not null,
        key_id bytea not null,
        primary key (session_id, keyset_digest)
      )`.execute(db)
    await sql`
      create table usage_periods (
        id bigint generated always as identity primary key,
        leaf bytea not null,
        log_sequence bigint unique,
        log_index bigint
      )`.execute(db)
    await sql`
      create table usage_period_statements (
        period_id bigint not null references usage_periods,
        place bigint not null,
        statement_hash bytea not null unique,
        epoch bytea not null,
        seq bigint not null,
        primary key (period_id, place)
      )`.execute(db)
    await sql`alter table usage_epochs add column closed_up_to bigint not null default 0`.execute(db)
    await sql`create index usage_statements_stored_at on usage_statements (stored_at)`.execute(db)
    await sql`create index usage_statements_keyset on usage_statements (keyset_digest)`.execute(db)
  }
}
