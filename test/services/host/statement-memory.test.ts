import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signUsage } from '../../../attestation/receipt/usage.ts'
import { createIdentity, RECEIPT_KEY_ID } from '../../../services/host/identity.ts'
import { MOST_LEFT, openStatementMemory, type StatementMemory } from '../../../services/host/statement-memory.ts'
import { createLogger } from '../../../services/runtime/log.ts'

const logger = createLogger('host', { level: 'silent' })
const [earlier, identity] = [1, 2].map((now) =>
  createIdentity(
    {
      epoch: new Uint8Array(16),
      subject: `bombyx:host:${'00'.repeat(16)}`,
      model: { id: 'a', engine: 'b', weights: new Uint8Array(32) },
      gpus: [],
      switches: []
    },
    now
  )
) as [ReturnType<typeof createIdentity>, ReturnType<typeof createIdentity>]
const payer = '5a'.repeat(32)
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-statements-'))
  path = join(folder, 'statements')
})
afterEach(() => rm(folder, { recursive: true }))

function signed(seq: number, by = identity, account = payer) {
  const { keyset, receiptKey } = by
  const fields = {
    ...{ counts: { prompt: 1, cached: 0, completion: 2, reasoning: 0 }, durationMs: 5, epoch: keyset.epoch, seq },
    ...({ finish: 'complete', keyId: RECEIPT_KEY_ID, model: 'a', n: seq, price: 7n, receiptHash: null } as const),
    ...{ sessionId: new Uint8Array(16), tenant: new Uint8Array(16), keysetDigest: keyset.digest }
  }
  return { keyset, statement: signUsage(fields, receiptKey), account }
}

const leftIn = (memory: StatementMemory): readonly (readonly [string, string])[] =>
  memory.left.map(({ statement, account }) => [Buffer.from(statement).toString(), account])
const told = (...statements: readonly ReturnType<typeof signed>[]): readonly (readonly [string, string])[] =>
  statements.map(({ statement, account }) => [Buffer.from(statement).toString(), account])
/** What the next start reads, had the host been killed now. */
async function afterKill(): Promise<StatementMemory> {
  const copy = await mkdtemp(join(folder, 'copy-'))
  await writeFile(join(copy, 'statements'), await readFile(path))
  return openStatementMemory(copy, logger)
}

test('a host that is killed finds the statements that were kept and not forgotten, under whichever keyset', async () => {
  using memory = openStatementMemory(folder, logger)
  const [first, second, third] = [signed(1, earlier), signed(2), signed(3, identity, '')]
  memory.keep(first)
  const forget = memory.keep(second)
  memory.keep(third)
  forget()
  forget()
  using again = await afterKill()
  expect(leftIn(again)).toEqual(told(first, third))
  expect([again.leftOf(payer), again.leftOf('00'.repeat(32))]).toEqual([7n, 0n])
  again.left[0]?.forget()
  expect(again.leftOf(payer)).toBe(0n)
})

test('the file is empty when nothing is left, and begins again with the keyset', async () => {
  using memory = openStatementMemory(folder, logger)
  memory.keep(signed(1))()
  expect(await readFile(path)).toHaveLength(0)
  memory.keep(signed(2))
  using again = await afterKill()
  expect(leftIn(again)).toEqual(told(signed(2)))
})

test('the file is written anew when most of it says nothing any more, while one waits', async () => {
  using memory = openStatementMemory(folder, logger)
  const kept = signed(1)
  memory.keep(kept)
  for (let seq = 2; seq < 4000; seq++) memory.keep(kept)()
  expect((await readFile(path)).byteLength).toBeLessThan(1.1 * 1024 * 1024)
  using again = await afterKill()
  expect(leftIn(again)).toEqual(told(kept))
})

test('a start takes over the newest, so many at most', async () => {
  using memory = openStatementMemory(folder, logger)
  const [old, fresh] = [signed(1), signed(2)]
  for (let index = 0; index < 10; index++) memory.keep(old)
  for (let index = 0; index < MOST_LEFT; index++) memory.keep(fresh)
  using again = await afterKill()
  expect(new Set(leftIn(again).map(([text]) => text))).toEqual(new Set(told(fresh).map(([text]) => text)))
  expect(again.left).toHaveLength(MOST_LEFT)
}, 60_000)

describe('left out, and the rest is found:', () => {
  const other = Buffer.from(signed(9).statement).toString()
  test.each([
    ['a torn tail', `S${payer} ${other.slice(0, 100)}`],
    ['a statement whose counts were changed', `S${payer} ${other.replace('"price":7', '"price":8')}\n`],
    ['a keyset that is none', 'K{}\n'],
    ['a payer that is none', `Sx ${other}\n`],
    ['no statement', `S${payer} {}\n`],
    ['a line of another kind', 'Q\n'],
    ['an empty line', '\n']
  ])('%s', async (_, line) => {
    {
      using memory = openStatementMemory(folder, logger)
      memory.keep(signed(1))
    }
    await appendFile(path, line)
    using again = openStatementMemory(folder, logger)
    expect(leftIn(again)).toEqual(told(signed(1)))
    again.keep(signed(2))
    using third = await afterKill()
    expect(leftIn(third)).toEqual(told(signed(1), signed(2)))
  })

  test('a statement without its keyset', async () => {
    await writeFile(path, `S${payer} ${other}\n`)
    using memory = openStatementMemory(folder, logger)
    expect(memory.left).toEqual([])
  })
})

describe('a host serves without', () => {
  test('a file that cannot be read or written', async () => {
    await mkdir(path)
    using memory = openStatementMemory(folder, logger)
    memory.keep(signed(1))()
    expect(memory.left).toEqual([])
  })

  test('a folder that is not there', () => {
    using memory = openStatementMemory(join(folder, 'none'), logger)
    memory.keep(signed(1))()
    expect(memory.left).toEqual([])
  })

  test('a disk that is full', async () => {
    await symlink('/dev/full', `${path}.draft`)
    using memory = openStatementMemory(folder, logger)
    memory.keep(signed(1))()
    memory.keep(signed(2))
    expect(memory.left).toEqual([])
  })
})
