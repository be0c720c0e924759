import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../../services/runtime/embedded-postgres.ts'

const HOLDER = fileURLToPath(new URL('./folder-holder.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-embedded-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

describe('the embedded database', () => {
  it('keeps its data from one start to the next, and its password to itself', async () => {
    {
      await using first = await startEmbeddedPostgres(folder)
      await query(first.url, 'create table kept (value int)')
      await query(first.url, 'insert into kept values (7)')
      const wrong = new URL(first.url)
      wrong.password = 'guess'
      await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    }
    expect((await stat(join(folder, 'postgres-password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'postgres'))).mode & 0o777).toBe(0o700)
    await using second = await startEmbeddedPostgres(folder)
    expect(await query(second.url, 'select value from kept')).toEqual([{ value: 7 }])
  })

  it('is held by one process at a time', async () => {
    await using _first = await startEmbeddedPostgres(folder)
    await expect(startEmbeddedPostgres(folder)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  })

  it('ends with a process that is killed, and starts again after it', async () => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOLDER, folder], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [url] = (await once(child.stdout, 'data')) as [Buffer]
    child.kill('SIGKILL')
    await once(child, 'exit')
    await using again = await startEmbeddedPostgres(folder)
    expect(await query(again.url, 'select value from kept')).toEqual([{ value: 7 }])
    await expect(query(url.toString(), 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it.runIf(process.getuid?.() === 0)('runs as root in a folder that others cannot enter', async () => {
    const closed = join(folder, 'closed')
    await mkdir(closed, { mode: 0o700 })
    await using database = await startEmbeddedPostgres(join(closed, 'data'), { dangerouslyWithoutFsync: true })
    expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it.runIf(process.getuid?.() === 0)('runs as the owner of the cluster when root starts it', async () => {
    const [uid, gid] = [12_345, 12_345]
    const data = join(folder, 'owned')
    await mkdir(data)
    const first = await startEmbeddedPostgres(data, { dangerouslyWithoutFsync: true })
    await first[Symbol.asyncDispose]()
    for (const entry of await readdir(join(data, 'postgres'), { recursive: true })) {
      await chown(join(data, 'postgres', entry), uid, gid)
    }
    await chown(join(data, 'postgres'), uid, gid)
    await using again = await startEmbeddedPostgres(data, { dangerouslyWithoutFsync: true })
    expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})
