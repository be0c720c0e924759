import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Which key signed a voucher, and what will end it. */
export const voucherKeys: Migration = {
  async up(db) {
    await sql`alter table escrows add column old_key_until timestamptz`.execute(db)
    await sql`alter table vouchers add column signer bytea, add column releases_at timestamptz`.execute(db)
    // What was kept is by a key that signed then: the next look at the escrow says more.
    await sql`
      update vouchers set signer = voucher_keys[1] from escrows where escrows.escrow = vouchers.escrow`.execute(db)
    await sql`update vouchers set signer = '' where signer is null`.execute(db)
    await sql`alter table vouchers alter column signer set not null`.execute(db)
    // The best of each payee by each key: one by the old key, however great, is worth nothing after its end.
    await sql`alter table vouchers drop constraint vouchers_pkey, add primary key (escrow, payee, signer)`.execute(db)
  }
}
