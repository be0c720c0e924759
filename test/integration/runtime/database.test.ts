import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { migrate, openDatabase, prepared } from '../../../services/runtime/database.ts'
import { createTestDatabase, openTestDatabase } from '../../fakes/database.ts'

describe('a database', () => {
  it('gives each test file its own copy of the schema', async () => {
    await using first = await openTestDatabase()
    await using second = await openTestDatabase()
    await sql`insert into providers (name, token_hash, created_at) values ('a', 'h', now())`.execute(first.sql)
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from providers`.execute(second.sql)
    expect(rows).toEqual([{ n: 0n }])
  })

  it('is brought up to date by replicas that start together', async () => {
    const url = new URL(await createTestDatabase())
    await using admin = await openDatabase({ url: url.href })
    await sql`drop schema public cascade`.execute(admin.sql)
    await sql`create schema public`.execute(admin.sql)
    await Promise.all(
      Array.from({ length: 4 }, async () => (await openDatabase({ url: url.href }))[Symbol.asyncDispose]())
    )
    await migrate(admin.sql)
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from hosts`.execute(admin.sql)
    expect(rows).toEqual([{ n: 0n }])
  })

  it('is waited for while another replica brings it up to date, however long that takes', async () => {
    const url = await createTestDatabase()
    await using busy = await openDatabase({ url })
    const pool = new Pool({ connectionString: url, max: 1, statement_timeout: 200 })
    const impatient = new Kysely<Record<never, never>>({ dialect: new PostgresDialect({ pool }) })
    try {
      let migrated: Promise<void> = Promise.resolve()
      await busy.sql.connection().execute(async (connection) => {
        // As Kysely does before it migrates.
        await sql`select pg_advisory_lock(3853314791062309107)`.execute(connection)
        migrated = migrate(impatient)
        await sql`select pg_sleep(0.5)`.execute(connection)
        await sql`select pg_advisory_unlock(3853314791062309107)`.execute(connection)
      })
      await expect(migrated).resolves.toBeUndefined()
      await expect(sql`select pg_sleep(0.5)`.execute(impatient)).rejects.toThrow('statement timeout')
    } finally {
      await impatient.destroy()
    }
  })

  it('says that it does not answer, with a code to try again on', async () => {
    const url = new URL(await createTestDatabase())
    await using open = await openDatabase({ url: url.href })
    await sql`select 1`.execute(open.sql)
    const kill = sql`select pg_terminate_backend(pg_backend_pid())`.execute(open.sql)
    await expect(kill).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await expect(sql`select 1`.execute(open.sql)).resolves.toBeDefined()
    url.port = '1'
    await expect(openDatabase({ url: url.href })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  })

  it('says so, too, to one of two that lock each other out', async () => {
    await using open = await openDatabase({ url: await createTestDatabase() })
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const lock = (first: 0 | 1, second: 0 | 1) =>
      open.sql.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(${first})`.execute(tx)
        held[first].resolve()
        await held[second].promise
        await sql`select pg_advisory_xact_lock(${second})`.execute(tx)
      })
    const ended = await Promise.allSettled([lock(0, 1), lock(1, 0)])
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const reason: unknown = expect.objectContaining({ code: 'DATABASE_UNAVAILABLE' })
    expect(ended).toContainEqual({ status: 'rejected', reason })
  })

  it('reads and plans once, on each connection, what is to be prepared', async () => {
    await using database = await openDatabase({ url: await createTestDatabase() }, { connections: 1 })
    const add = (a: number) => sql<{ sum: number }>`${prepared('add-one')} select ${a}::int + 1 as sum`
    for (const a of [1, 2]) expect((await add(a).execute(database.sql)).rows).toEqual([{ sum: a + 1 }])
    const { rows } = await sql`select name, generic_plans + custom_plans as runs from pg_prepared_statements`.execute(
      database.sql
    )
    expect(rows).toEqual([{ name: 'add-one', runs: 2n }])
  })

  it('tells every listener of a notification, and that some may be missing after a broken connection', async () => {
    await using database = await openTestDatabase()
    const heard: (string | undefined)[] = []
    await using _listener = await database.listen('bombyx_test', (payload) => heard.push(payload))
    await sql`select pg_notify('bombyx_test', 'one')`.execute(database.sql)
    await expect.poll(() => heard).toEqual([undefined, 'one'])
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%bombyx_test%' and datname = current_database()`.execute(
      database.sql
    )
    await expect.poll(() => heard, { timeout: 5000 }).toEqual([undefined, 'one', undefined])
    await sql`select pg_notify('bombyx_test', 'two')`.execute(database.sql)
    await expect.poll(() => heard.at(-1)).toBe('two')
  })
})
