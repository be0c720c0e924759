import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export const payment: Migration = {
  async up(db) {
    // What the chain was last seen to have of an escrow that somebody pays from.
    await sql`
      create table escrows (
        escrow bytea primary key,
        voucher_keys bytea[] not null,
        checked_at timestamptz not null,
        closes_at timestamptz,
        is_closed boolean not null
      )`.execute(db)
    // The best voucher of each payee. Money is nanoTON, in all and ever.
    await sql`
      create table vouchers (
        escrow bytea not null references escrows,
        payee bytea not null,
        cumulative bigint not null check (cumulative >= 0),
        voucher bytea not null,
        reserved bigint not null,
        paid bigint not null,
        received_at timestamptz not null,
        primary key (escrow, payee)
      )`.execute(db)
    await sql`create index vouchers_payee on vouchers (payee)`.execute(db)
    // Which voucher covered a statement first, by the consumer's word.
    await sql`
      create table voucher_statements (
        epoch bytea not null,
        seq bigint not null,
        escrow bytea not null,
        payee bytea not null,
        cumulative bigint not null,
        primary key (epoch, seq)
      )`.execute(db)
    await sql`
      create table claims (
        id bigint generated always as identity primary key,
        wallet text not null,
        escrow bytea not null,
        payee bytea not null,
        cumulative bigint not null,
        seqno bigint not null,
        valid_until bigint not null,
        message bytea not null,
        message_hash bytea not null,
        since_lt bigint not null,
        state text not null check (state in ('open', 'paid', 'refused', 'lapsed')),
        transaction_lt bigint,
        transaction_hash bytea,
        signed_at timestamptz not null,
        settled_at timestamptz
      )`.execute(db)
    // One message a seqno of a wallet: no second one is signed while the first may still be taken.
    await sql`create unique index claims_open on claims (wallet) where state = 'open'`.execute(db)
  }
}
