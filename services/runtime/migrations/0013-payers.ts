import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What one payer was served, whoever served it. */
export const payers: Migration = {
  async up(db) {
    await sql`create index usage_statements_tenant on usage_statements (tenant)`.execute(db)
  }
}
