import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { makeLogKey, readLogKey } from '../../../services/log/start.ts'
import type { Database } from '../../../services/runtime/database.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { appendNumbered, numberedLeaf, startTestLog } from '../../fakes/log.ts'

/** Fills a log, stops it, changes its database, and starts it again: the codes that it then refuses to sign with, and the head it shows. */
async function afterChange(change: (database: Database) => Promise<unknown>) {
  const url = await createTestDatabase()
  const first = await startTestLog(url)
  await appendNumbered(first.client, { first: 1, count: 300 })
  await appendNumbered(first.client, { first: 301, count: 11 })
  await first[Symbol.asyncDispose]()
  await using database = await openDatabase({ url })
  await change(database)
  const codes: unknown[] = []
  const warn = (_message: string, _fields?: object, error?: unknown): void => void codes.push(codeOf(error))
  await using again = await startTestLog(url, { key: first.config.key }, { logger: { ...silentLogger, warn } })
  const signed = async () => {
    const { rows } = await sql<{ count: bigint }>`select count(*) as count from log_checkpoints`.execute(database.sql)
    return Number(rows[0]?.count)
  }
  const before = await signed()
  const entries = [{ sequence: '1', leaf: numberedLeaf(1) }]
  const outcome = await callUnary(again.client, 'Append', { writer: 'v', entries }, { deadlineMs: 1500 }).then(
    () => 'appended',
    codeOf
  )
  return { outcome, codes: new Set(codes), signed: (await signed()) - before }
}

describe('a log signs nothing from a database', () => {
  it.each([
    [
      'that was set back to an older state, as from a backup',
      async ({ sql: db }: Database) => {
        // The tree as it was at 300 leaves, whole in itself: only the key's memory knows of more.
        await sql`delete from log_checkpoints where size > 300`.execute(db)
        await sql`delete from log_batches where first_index >= 300`.execute(db)
        await sql`update log_tiles set hashes = substring(hashes from 1 for 44 * 32) where level = 0 and index = 1`.execute(
          db
        )
        const root = sql`(select root from log_checkpoints where size = 300)`
        await sql`update log_tree set size = 300, root = ${root}`.execute(db)
        await sql`update log_writers set sequence = 300`.execute(db)
      }
    ],
    [
      'whose tile was changed',
      ({ sql: db }: Database) =>
        sql`update log_tiles set hashes = set_byte(hashes, 5, 1 + get_byte(hashes, 5) % 200) where level = 0 and index = 1`.execute(
          db
        )
    ],
    ['that lost a tile', ({ sql: db }: Database) => sql`delete from log_tiles where level = 1`.execute(db)],
    [
      'whose last leaves are gone',
      ({ sql: db }: Database) => sql`delete from log_batches where first_index >= 300`.execute(db)
    ],
    ['whose last leaf was exchanged', ({ sql: db }: Database) => exchangeLastLeaf(db)],
    ['of another origin', ({ sql: db }: Database) => sql`update log_tree set origin = 'another/log'`.execute(db)],
    ['that says another root', ({ sql: db }: Database) => sql`update log_tree set root = sha256(root)`.execute(db)]
  ])('%s', async (_, change) => {
    expect(await afterChange(change)).toEqual({
      outcome: 'DEADLINE_PASSED',
      codes: new Set(['LOG_STATE_INVALID']),
      signed: 0
    })
  })

  it('and goes on from one that is as it was', async () => {
    expect(await afterChange(async () => {})).toEqual({ outcome: 'appended', codes: new Set(), signed: 1 })
  })
})

function exchangeLastLeaf(db: Database['sql']): Promise<unknown> {
  const [leaf, other] = [numberedLeaf(311), numberedLeaf(999)]
  if (leaf.byteLength !== other.byteLength) throw new Error('leaves of one length are wanted')
  return sql`
    update log_batches set entries = overlay(entries placing ${other} from octet_length(entries) - ${other.byteLength} + 1)
    where first_index = 300`.execute(db)
}

describe('the log’s key', () => {
  it('is made for its owner alone, and never over another', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'bombyx-key-')), 'key.pem')
    const { publicKey } = await makeLogKey(path)
    expect((await readLogKey(path)).publicKey).toEqual(publicKey)
    expect(codeOf(await makeLogKey(path).catch((error: unknown) => error))).toBe('CONFIG_INVALID')
    await chmod(path, 0o640)
    expect(codeOf(await readLogKey(path).catch((error: unknown) => error))).toBe('CONFIG_INVALID')
  })
})

describe('a writer’s token', () => {
  it('is good for its own sequences alone', async () => {
    const tokens = join(await mkdtemp(join(tmpdir(), 'bombyx-tokens-')), 'tokens')
    await writeFile(tokens, `${hashToken('one')} registry\n`)
    await using log = await startTestLog(await createTestDatabase(), { tokens })
    const append = async (token: string | undefined, writer: string) => {
      const client = await connect(bombyxV1.Log, log.service.authority, token === undefined ? {} : { token })
      try {
        return await appendNumbered(client, { writer, first: 1, count: 1 })
      } catch (error) {
        return codeOf(error)
      } finally {
        client.close()
      }
    }
    expect(await append(undefined, 'registry')).toBe('UNAUTHENTICATED')
    expect(await append('two', 'registry')).toBe('UNAUTHENTICATED')
    expect(await append('one', 'market')).toBe('FORBIDDEN')
    expect(await append('one', 'registry')).toEqual([0])
    const { checkpoint } = await callUnary(log.client, 'GetCheckpoint', {})
    expect(verifyCheckpoint(checkpoint, log.trust).size).toBe(1n)
  })
})
