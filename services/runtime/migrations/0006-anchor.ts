import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export const anchor: Migration = {
  async up(db) {
    await sql`
      create table log_anchors (
        id bigint generated always as identity primary key,
        address text not null,
        seqno bigint not null,
        size bigint not null,
        root bytea not null,
        timestamp bigint not null,
        valid_until bigint not null,
        message bytea not null,
        message_hash bytea not null,
        since_lt bigint not null,
        state text not null check (state in ('open', 'anchored', 'refused', 'lapsed', 'superseded')),
        transaction_lt bigint,
        transaction_hash bytea,
        signed_at timestamptz not null,
        settled_at timestamptz
      )`.execute(db)
    // One message a seqno: no second one is signed while the first may still be taken.
    await sql`create unique index log_anchors_open on log_anchors (address) where state = 'open'`.execute(db)
    await sql`create index log_anchors_anchored on log_anchors (address, seqno) where state = 'anchored'`.execute(db)
  }
}
