import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export const log: Migration = {
  async up(db) {
    await sql`
      create table log_writers (
        writer text primary key,
        sequence bigint not null
      )`.execute(db)
    // Up to 256 leaves that came together, from when they are taken on; the sequencer gives them their place.
    await sql`
      create table log_batches (
        id bigint generated always as identity primary key,
        writer text not null references log_writers,
        first_sequence bigint not null check (first_sequence > 0),
        count integer not null check (count between 1 and 256),
        entries bytea not null,
        first_index bigint,
        unique (writer, first_sequence)
      )`.execute(db)
    await sql`create index log_batches_waiting on log_batches (id) where first_index is null`.execute(db)
    await sql`create unique index log_batches_index on log_batches (first_index) where first_index is not null`.execute(
      db
    )
    await sql`create table log_leaves (hash_prefix integer not null, index bigint not null)`.execute(db)
    await sql`create index log_leaves_prefix on log_leaves (hash_prefix)`.execute(db)
    await sql`
      create table log_tiles (
        level integer not null,
        index bigint not null,
        hashes bytea not null,
        primary key (level, index)
      )`.execute(db)
    // Hashes do not compress.
    await sql`alter table log_tiles alter column hashes set storage external`.execute(db)
    await sql`
      create table log_tree (
        only_one boolean primary key default true check (only_one),
        origin text not null,
        public_key bytea not null,
        size bigint not null,
        root bytea not null
      )`.execute(db)
    await sql`
      create table log_checkpoints (
        size bigint primary key,
        root bytea not null,
        note bytea not null,
        witnesses integer not null,
        signed_at timestamptz not null
      )`.execute(db)
    await sql`
      create table log_blobs (
        digest bytea primary key,
        content bytea not null
      )`.execute(db)
    await sql`
      create table log_witnesses (
        name text primary key,
        size bigint not null
      )`.execute(db)
  }
}
