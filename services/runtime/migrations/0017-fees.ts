import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What escrows owe the market that they name, and messages that collect it beside those that claim. */
export const fees: Migration = {
  async up(db) {
    await sql`
      alter table escrows add column market bytea, add column fee_accrued bigint not null default 0,
        add column fee_collected bigint not null default 0`.execute(db)
    await sql`
      alter table claims add column kind text not null default 'voucher' check (kind in ('voucher', 'fee'))`.execute(db)
  }
}
