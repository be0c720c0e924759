import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** A host's attestation as the log is told of it, and what else the registry tells the log once. */
export const attested: Migration = {
  async up(db) {
    // The sequence is this writer's, of the entry whose index is waited for; all three are null where there is no log.
    await sql`
      alter table hosts
        add column leaf bytea,
        add column log_sequence bigint,
        add column log_index bigint,
        add check (log_index is null or leaf is not null)`.execute(db)
    await sql`create index hosts_log_sequence on hosts (log_sequence) where log_sequence is not null`.execute(db)
    await sql`create table logged_policies (digest bytea primary key)`.execute(db)
    // `proof` is of when the log took the leaf, so that it shows for how long the leaf has been in it.
    await sql`
      create table reference_values (
        leaf_hash bytea primary key,
        leaf bytea not null,
        log_sequence bigint not null unique,
        log_index bigint,
        proof bytea,
        added_at timestamptz not null
      )`.execute(db)
  }
}
