import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../attestation/encoding.ts'
import { type LogTrust, verifyCheckpoint } from '../../../../attestation/tlog/checkpoint.ts'
import { type HeadStore, headsInFolder, headsInMemory } from '../../../../services/client/hosts/head-files.ts'
import { type FetchConsistency, LogHeads, type SeenHead } from '../../../../services/client/hosts/log-heads.ts'
import { ServiceError } from '../../../../services/runtime/errors.ts'
import { TestLog } from '../../../fakes/test-log.ts'

const NOW = new Date('2026-11-20T12:00:00Z')
const folders: string[] = []

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-heads-'))
  folders.push(folder)
  return folder
}

function logOf(count: number): TestLog {
  return new TestLog(
    'log.example/heads',
    Array.from({ length: count }, (_, at) => encodeUtf8(`leaf ${at}`))
  )
}

function trustOf(log: TestLog): LogTrust {
  return { origin: log.key.name, publicKey: log.key.publicKey, witnesses: [], minimumWitnesses: 0 }
}

function headOf(log: TestLog, size = log.size, at = 7): SeenHead {
  const note = log.checkpoint({ at, size })
  return { note, checkpoint: verifyCheckpoint(note, trustOf(log)) }
}

function openHeads(log: TestLog, store: HeadStore = headsInMemory(), onFork = (_file: string): void => {}): LogHeads {
  return new LogHeads({ trust: trustOf(log), store, now: () => NOW, onFork })
}

const from =
  (log: TestLog): FetchConsistency =>
  async (oldSize, newSize) =>
    newSize <= BigInt(log.size) ? log.consistency(oldSize, newSize) : []

async function outcome(accepting: Promise<void>): Promise<string> {
  try {
    await accepting
    return 'accepted'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

const unasked: FetchConsistency = async () => {
  throw new Error('nobody is to be asked')
}

describe('a client that remembers heads', () => {
  test('takes the first one as it is, and the same again', async () => {
    const log = logOf(3)
    const heads = openHeads(log)
    expect(await outcome(heads.accept(headOf(log), unasked))).toBe('accepted')
    expect(await outcome(heads.accept(headOf(log, 3, 60), unasked))).toBe('accepted')
  })

  test('takes any head of an honest log, in whatever order relays show them', async () => {
    const log = logOf(40)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), async (sizes) => {
        const heads = openHeads(log)
        const taken = await Promise.all(sizes.map((size) => outcome(heads.accept(headOf(log, size), from(log)))))
        expect(new Set(taken).size).toBeLessThanOrEqual(1)
        expect(taken.every((one) => one === 'accepted')).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  test('takes no head of another history, whatever is offered as proof, once the histories differ', async () => {
    const log = logOf(40)
    const sizes = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(8), fc.nat(8))
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async ([shared, ownMore, otherMore], honestProof) => {
        const fork = log.fork(shared, encodeUtf8('rewritten'))
        for (let at = 0; at < otherMore; at++) fork.append(encodeUtf8(`other ${at}`))
        const heads = openHeads(log)
        await heads.accept(headOf(log, shared + 1 + ownMore), unasked)
        const proof = from(honestProof ? fork : log)
        const code = await outcome(heads.accept(headOf(fork), proof))
        expect(code).toBe(fork.size === shared + 1 + ownMore ? 'LOG_FORKED' : 'LOG_INCONSISTENT')
      }),
      { numRuns: 50 }
    )
  })

  test('knows a fork of any head that it has accepted, also where the newest is another', async () => {
    const log = logOf(9)
    const heads = openHeads(log)
    for (const size of [4, 9]) await heads.accept(headOf(log, size), from(log))
    const fork = log.fork(3, encodeUtf8('rewritten'))
    expect(await outcome(heads.accept(headOf(fork), from(fork)))).toBe('LOG_FORKED')
  })

  test('asks for each pair once', async () => {
    const log = logOf(9)
    const heads = openHeads(log)
    const asked: string[] = []
    const fetch: FetchConsistency = async (oldSize, newSize) => {
      asked.push(`${oldSize} ${newSize}`)
      return log.consistency(oldSize, newSize)
    }
    for (const size of [4, 9, 4, 6, 6, 9]) await heads.accept(headOf(log, size), fetch)
    expect(asked).toEqual(['4 9', '6 9'])
  })

  const proofs: readonly (readonly [string, FetchConsistency, string])[] = [
    ['has a hash too few', async (a, b) => logOf(9).consistency(a, b).slice(1), 'LOG_INCONSISTENT'],
    ['is empty', async () => [], 'LOG_INCONSISTENT'],
    ['is of other sizes', async () => logOf(9).consistency(3n, 9n), 'LOG_INCONSISTENT'],
    ['has a hash that is none', async () => [new Uint8Array(31)], 'LOG_INCONSISTENT'],
    [
      'cannot be had',
      async () => {
        throw new ServiceError('UNAVAILABLE', 'no log')
      },
      'UNAVAILABLE'
    ]
  ]
  test.each(proofs)(
    'takes nothing on when the proof %s, and goes on when there is a good one',
    async (_, fetch, code) => {
      const log = logOf(9)
      const heads = openHeads(log)
      await heads.accept(headOf(log, 4), unasked)
      expect(await outcome(heads.accept(headOf(log, 9), fetch))).toBe(code)
      expect(await outcome(heads.accept(headOf(log, 9), from(log)))).toBe('accepted')
    }
  )
})

describe('heads in a folder', () => {
  test('are remembered by the next run, and by another process beside it', async () => {
    const folder = await newFolder()
    const log = logOf(9)
    const store = (): HeadStore => headsInFolder(folder, trustOf(log))
    const beside = openHeads(log, store())
    await openHeads(log, store()).accept(headOf(log, 9), unasked)
    const fork = log.fork(8, encodeUtf8('rewritten'))
    for (const heads of [beside, openHeads(log, store())]) {
      expect(await outcome(heads.accept(headOf(log, 4), from(log)))).toBe('accepted')
    }
    expect(await outcome(beside.accept(headOf(fork, 9), from(fork)))).toBe('LOG_FORKED')
  })

  test('do not go back when another process has gone on meanwhile, and are compared with what it accepted', async () => {
    const folder = await newFolder()
    const log = logOf(12)
    const store = (): HeadStore => headsInFolder(folder, trustOf(log))
    const [heads, beside] = [openHeads(log, store()), openHeads(log, store())]
    await heads.accept(headOf(log, 8), unasked)
    const asked: string[] = []
    const whileBesideGoesOn: FetchConsistency = async (oldSize, newSize) => {
      asked.push(`${oldSize} ${newSize}`)
      if (asked.length === 1) await beside.accept(headOf(log, 12), from(log))
      return log.consistency(oldSize, newSize)
    }
    expect(await outcome(heads.accept(headOf(log, 10), whileBesideGoesOn))).toBe('accepted')
    expect(String(await store().readHead())).toBe(String(Buffer.from(headOf(log, 12).note)))
    expect(asked).toEqual(['8 10', '10 12'])
  })

  test('are compared with the next run’s first one', async () => {
    const folder = await newFolder()
    const log = logOf(9)
    await openHeads(log, headsInFolder(folder, trustOf(log))).accept(headOf(log), unasked)
    const fork = log.fork(8, encodeUtf8('rewritten'))
    const next = openHeads(log, headsInFolder(folder, trustOf(log)))
    expect(await outcome(next.accept(headOf(fork), from(fork)))).toBe('LOG_FORKED')
  })

  test('that another process went on with are compared with those known here, however often these were accepted', async () => {
    const folder = await newFolder()
    const log = logOf(9)
    const store = headsInFolder(folder, trustOf(log))
    const heads = openHeads(log, store)
    await heads.accept(headOf(log, 4), unasked)
    const fork = log.fork(3, encodeUtf8('rewritten'))
    for (const at of [5, 6]) fork.append(encodeUtf8(`other ${at}`))
    await store.writeHead(headOf(fork).note)
    expect(await outcome(heads.accept(headOf(log, 4), from(fork)))).toBe('LOG_INCONSISTENT')
  })

  test('that contradict each other are kept, both as they were signed, and end it for good', async () => {
    const folder = await newFolder()
    const log = logOf(5)
    const fork = log.fork(4, encodeUtf8('rewritten'))
    const store = headsInFolder(folder, trustOf(log))
    const forks: string[] = []
    const heads = openHeads(log, store, (file) => forks.push(file))
    await heads.accept(headOf(log), unasked)
    expect(await outcome(heads.accept(headOf(fork), from(fork)))).toBe('LOG_FORKED')
    const [file = ''] = forks
    const notes = await Promise.all([file, file.replace('-first', '-second')].map((one) => readFile(one)))
    const roots = notes.map((note) => verifyCheckpoint(note, trustOf(log)).root)
    expect(roots).toEqual([headOf(log).checkpoint.root, headOf(fork).checkpoint.root])
    // Not even the honest history is taken any more, nor by the next run: its log has signed two.
    for (const next of [heads, openHeads(log, headsInFolder(folder, trustOf(log)))]) {
      expect(await outcome(next.accept(headOf(log), from(log)))).toBe('LOG_FORKED')
    }
    expect(forks).toHaveLength(1)
  })

  test('are all told to the auditor, one line each, those that were refused too', async () => {
    const folder = await newFolder()
    const log = logOf(9)
    const heads = openHeads(log, headsInFolder(folder, trustOf(log)))
    const fork = log.fork(5, encodeUtf8('rewritten'))
    for (const [one, size] of [
      [log, 4],
      [log, 4],
      [log, 9],
      [fork, 6]
    ] as const) {
      await outcome(heads.accept(headOf(one, size), from(one)))
    }
    const [own = ''] = await readdir(folder)
    const lines = (await readFile(join(folder, own, 'seen.jsonl'), 'utf8')).trimEnd().split('\n')
    const seen = lines.map((line) => JSON.parse(line) as { checkpoint: string; seen_at: number })
    expect(seen.map(({ checkpoint }) => checkpoint)).toEqual(
      [headOf(log, 4), headOf(log, 9), headOf(fork, 6)].map(({ note }) => Buffer.from(note).toString())
    )
    expect(seen.every(({ seen_at }) => seen_at === NOW.getTime() / 1000)).toBe(true)
  })

  test('that came with what was refused are told to the auditor too, and are known for a fork', async () => {
    const folder = await newFolder()
    const log = logOf(9)
    const stranger = new TestLog('log.example/other', [encodeUtf8('a')])
    const store = headsInFolder(folder, trustOf(log))
    const heads = openHeads(log, store)
    await heads.accept(headOf(log, 6), unasked)
    for (const note of [stranger.checkpoint({ at: 7, size: 1 }), encodeUtf8('no note')]) await heads.notice(note)
    await heads.notice(headOf(log, 9).note)
    const [own = ''] = await readdir(folder)
    expect((await readFile(join(folder, own, 'seen.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2)
    expect(String(await store.readHead())).toBe(String(Buffer.from(headOf(log, 6).note)))
    const fork = log.fork(5, encodeUtf8('rewritten'))
    expect(await outcome(heads.notice(headOf(fork, 6).note))).toBe('LOG_FORKED')
  })

  test('fill two files at most', async () => {
    const folder = await newFolder()
    const log = logOf(3)
    const store = headsInFolder(folder, trustOf(log))
    await store.appendSeen(headOf(log, 1).note, 1)
    const [own = ''] = await readdir(folder)
    const seen = join(folder, own, 'seen.jsonl')
    await writeFile(seen, 'x'.repeat(4 * 1024 * 1024))
    await store.appendSeen(headOf(log, 2).note, 2)
    await writeFile(seen, 'y'.repeat(4 * 1024 * 1024))
    await store.appendSeen(headOf(log, 3).note, 3)
    expect((await readdir(join(folder, own))).toSorted()).toEqual(['seen.1.jsonl', 'seen.jsonl'])
    expect((await readFile(join(folder, own, 'seen.1.jsonl'), 'utf8'))[0]).toBe('y')
  })

  test('of one log say nothing of another', async () => {
    const folder = await newFolder()
    const [log, other] = [logOf(5), new TestLog('log.example/other', [encodeUtf8('a')])]
    await openHeads(log, headsInFolder(folder, trustOf(log))).accept(headOf(log), unasked)
    const heads = openHeads(other, headsInFolder(folder, trustOf(other)))
    expect(await outcome(heads.accept(headOf(other), unasked))).toBe('accepted')
  })

  test('that were damaged refuse, and are not forgotten over it', async () => {
    const folder = await newFolder()
    const log = logOf(5)
    await openHeads(log, headsInFolder(folder, trustOf(log))).accept(headOf(log), unasked)
    const [own = ''] = await readdir(folder)
    await writeFile(join(folder, own, 'head.note'), 'nothing')
    const heads = openHeads(log, headsInFolder(folder, trustOf(log)))
    expect(await outcome(heads.accept(headOf(log), from(log)))).toBe('NOTE_MALFORMED')
  })
})
