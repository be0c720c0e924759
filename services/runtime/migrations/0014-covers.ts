import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Whose statements an escrow may cover: those of its voucher keys' tenants, of keys that it had before too. */
export const covers: Migration = {
  async up(db) {
    await sql`alter table voucher_statements drop constraint voucher_statements_pkey`.execute(db)
    await sql`alter table voucher_statements add primary key (epoch, seq, escrow)`.execute(db)
    await sql`
      create table escrow_tenants (
        tenant bytea not null,
        escrow bytea not null references escrows,
        primary key (tenant, escrow)
      )`.execute(db)
  }
}
