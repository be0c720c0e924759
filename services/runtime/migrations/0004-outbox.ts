import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export const outbox: Migration = {
  async up(db) {
    await sql`
      create table leases (
        name text primary key,
        fence bigint not null,
        expires_at timestamptz not null
      )`.execute(db)
    await sql`
      create table outbox_writers (
        writer text primary key,
        sequence bigint not null check (sequence > 0)
      )`.execute(db)
    await sql`
      create table outbox_entries (
        writer text not null references outbox_writers,
        sequence bigint not null,
        leaf bytea not null,
        primary key (writer, sequence)
      )`.execute(db)
    await sql`
      create table outbox_blobs (
        writer text not null,
        sequence bigint not null,
        place integer not null,
        digest bytea not null,
        content bytea not null,
        primary key (writer, sequence, place),
        foreign key (writer, sequence) references outbox_entries on delete cascade
      )`.execute(db)
  }
}
