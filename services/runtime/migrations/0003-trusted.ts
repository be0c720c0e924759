import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Until now what was listed was trusted. */
export const trusted: Migration = {
  async up(db) {
    await sql`alter table hosts add column trusted boolean`.execute(db)
    await sql`update hosts set trusted = (state = 'listed')`.execute(db)
    await sql`alter table hosts alter column trusted set not null, add check (state <> 'listed' or trusted)`.execute(db)
  }
}
