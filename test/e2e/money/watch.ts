import { watch } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { sql } from 'kysely'
import type { Database } from '../../../services/runtime/database.ts'
import { MOMENTS, type Moment, type Moments } from './moments.ts'

const CHANNEL = 'money_moments'

/** What the market writes tells its moment when it is committed. */
const TRIGGERS: readonly (readonly [Moment, string])[] = [
  ['statement stored', 'after insert on usage_statements'],
  ['voucher stored', 'after insert or update of cumulative on vouchers'],
  ['claim stored', 'after insert on claims'],
  ['claim settled', 'after update on claims']
]

export async function watchMarket(database: Database, moments: Moments): Promise<AsyncDisposable> {
  await sql`
    create function tell_moment() returns trigger language plpgsql as
    $$ begin perform pg_notify(${sql.lit(CHANNEL)}, tg_argv[0]); return null; end $$`.execute(database.sql)
  for (const [moment, event] of TRIGGERS) {
    await sql`
      create trigger ${sql.id(moment)} ${sql.raw(event)} for each statement
      execute function tell_moment(${sql.lit(moment)})`.execute(database.sql)
  }
  return database.listen(CHANNEL, (payload) => {
    const moment = MOMENTS.find((one) => one === payload)
    if (moment !== undefined) moments.tell(moment)
  })
}

/** Names each file of a folder that changes; the folder is made where it is missing. */
export async function watchFolder(folder: string, onChange: (name: string) => void): Promise<Disposable> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const watcher = watch(folder, (_, name) => onChange(name ?? ''))
  return { [Symbol.dispose]: () => watcher.close() }
}
