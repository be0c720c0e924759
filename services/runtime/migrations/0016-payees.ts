import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Whom a host says it is paid to: no two hosts of a provider share one, or each would count vouchers for the other. */
export const payees: Migration = {
  async up(db) {
    await sql`alter table hosts add column payee bytea`.execute(db)
    await sql`create index hosts_payee on hosts (payee, provider_id) where payee is not null`.execute(db)
  }
}
