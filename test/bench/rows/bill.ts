import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createBillStore } from '../../../services/market/billing/store.ts'
import { addBilled, addServed, classed, STATEMENTS_WITH_KEYS } from '../../../services/market/billing/totals.ts'
import { type Database, openDatabase } from '../../../services/runtime/database.ts'
import { startEmbeddedPostgres } from '../../../services/runtime/embedded-postgres.ts'
import { compare } from '../compare.ts'
import { asyncTarget } from '../micro.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

/** A day of both histories: what is asked for is the same, only what was before it differs. */
const DAY = { statements: 300, hosts: 20, keys: 40, organisations: 20 }
const SHORT = 10_000
const LONG = 1_000_000
/** The day after the last one. */
const END = Date.UTC(2026, 11, 1)
const DAY_MS = 24 * 3_600_000

export const billRow: Row = {
  name: 'bill',
  title: 'The bill of an organisation and a day, and what keys have spent, after 10^6 statements over after 10^4',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-bench-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const { url } = stack.use(await startEmbeddedPostgres(join(folder, 'data')))
    const server = stack.use(await openDatabase({ url }))
    const open = async (name: string, statements: number) => {
      await sql`create database ${sql.ref(name)}`.execute(server.sql)
      const own = new URL(url)
      own.pathname = `/${name}`
      const database = stack.use(await openDatabase({ url: own.href }))
      await writeHistory(database, statements)
      return createBillStore(database)
    }
    const [short, long] = [await open('short', SHORT), await open('long', quick ? LONG / 10 : LONG)]
    const calls = quick ? 10 : 50
    const period = { from: new Date(END - DAY_MS), to: new Date(END) }
    const month = new Date(END - 30 * DAY_MS)
    const targets = [['10^6', long] as const, ['10^4', short] as const, ['10^4 again', short] as const].flatMap(
      ([name, bills]) => [
        asyncTarget(`bill, ${name}`, calls, () => bills.readBill(period, 'org-7')),
        asyncTarget(`spent, ${name}`, calls, () => bills.readSpent(period.from, month))
      ]
    )
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 21, warmup: 1, random, progress })
    const ratio = (what: string, label: string) => {
      const names = { ours: `${what}, 10^6`, rival: `${what}, 10^4`, control: `${what}, 10^4 again` }
      return compare(rounds, { label, ...names, by: 'wall', as: 'time', ask: { atMost: 2 } })
    }
    return {
      results: [
        ratio('bill', 'bill of an organisation and day, t(10^6) / t(10^4)'),
        ratio('spent', 'what keys have spent this month, t(10^6) / t(10^4)')
      ],
      notes: ['Both histories have days alike, 300 statements each: 33 of them, and nine years.']
    }
  }
}

/** The first bytes of a SHA-256 of a name. */
function idOf(name: string, bytes: number): string {
  return `substr(sha256(convert_to(${name}, 'UTF8')), 1, ${bytes})`
}

/** Each host has a keyset and an epoch a day, each statement a session, each session a key. */
async function writeHistory({ sql: db }: Database, statements: number): Promise<void> {
  const { hosts, keys, organisations } = DAY
  const host = idOf("'host ' || h", 16)
  const [keyset, epoch] = [idOf("'keyset ' || d || ' ' || h", 32), idOf("'epoch ' || d || ' ' || h", 16)]
  const days = `generate_series(0, ${Math.ceil(statements / DAY.statements) - 1}) d, generate_series(0, ${hosts - 1}) h`
  const made = `(select i, i / ${DAY.statements} as d, i % ${DAY.statements} % ${hosts} as h,
    i % ${DAY.statements} / ${hosts} + 1 as seq from generate_series(0, ${statements - 1}) i) as made`
  const texts = [
    `insert into organisations select 'org-' || o, 0, 0, 0, now() from generate_series(0, ${organisations - 1}) o`,
    `insert into api_keys select ${idOf("'key ' || k", 16)}, 'org-' || k % ${organisations}, 'k', 'sha256:' || k, '{}',
      'listed', 0, 0, 0, now(), null from generate_series(0, ${keys - 1}) k`,
    `insert into offered_hosts select ${host}, 'p', '', 'm', '', '', '', 8, 1, 1, 1, 1, now(), true, now(), 0, 0
      from generate_series(0, ${hosts - 1}) h`,
    `insert into listed_keysets select ${keyset}, ${host}, 100, 10, 400, 400 from ${days}`,
    `insert into usage_keysets select digest, digest from listed_keysets`,
    `insert into usage_epochs (epoch, stored_up_to) select ${epoch}, 0 from ${days}`,
    `insert into usage_statements select ${epoch}, seq, ${keyset}, ${idOf("'session ' || i", 16)}, 0,
      ${idOf("'tenant ' || i % 20", 16)}, 'm', 'complete', 1200, 0, 300, 0, 812, 1, decode(repeat(md5(i::text), 18), 'hex'),
      to_timestamp(${END / 1000}::float8 - (${statements} - i) * 86400.0 / ${DAY.statements}) from ${made}`,
    `insert into usage_sessions select ${idOf("'session ' || i", 16)}, ${keyset}, ${idOf(`'key ' || i % ${keys}`, 16)}
      from ${made}`
  ]
  const counted = sql`(${classed(STATEMENTS_WITH_KEYS, { keyId: sql`session.key_id`, times: sql`1` })})`
  await db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx)
    for (const text of texts) await sql.raw(text).execute(tx)
    await sql`analyze`.execute(tx)
    await addBilled(counted).execute(tx)
    await addServed(counted).execute(tx)
  })
  await sql`vacuum analyze billed_days, served_days, usage_statements`.execute(db)
}
