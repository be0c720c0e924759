import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, FRAME_HEADER_BYTES } from '../../../contracts/local-chain/frame.ts'
import { type JournalFile, openJournal, openJournalFile } from '../../../contracts/local-chain/journal.ts'
import { temporaryFolder } from './world.ts'

/** A journal of these entries, closed again, with where each ends. */
async function written(bodies: readonly string[]) {
  const path = join(temporaryFolder(), 'journal')
  const journal = await openJournal(path, () => undefined)
  for (const body of bodies) await journal.append(Buffer.from(body))
  await journal[Symbol.asyncDispose]()
  return path
}

async function reopened(path: string): Promise<string[]> {
  const seen: string[] = []
  await using journal = await openJournal(path, (body) => seen.push(body.toString()))
  expect(journal.count).toBe(seen.length)
  return seen
}

test('what was appended is there again, in order, and more can follow', async () => {
  const path = await written(['one', '', 'three'])
  expect(await reopened(path)).toEqual(['one', '', 'three'])
  {
    await using journal = await openJournal(path, () => undefined)
    await journal.append(Buffer.from('four'))
  }
  expect(await reopened(path)).toEqual(['one', '', 'three', 'four'])
})

test('the entry that a kill left half written is cut, wherever it was broken off', async () => {
  const path = await written(['one', 'two'])
  const whole = readFileSync(path)
  const torn = encodeFrame(2, Buffer.from('the third, which nobody was told of'))
  for (let length = 1; length < torn.length; length += 1) {
    writeFileSync(path, Buffer.concat([whole, torn.subarray(0, length)]))
    expect(await reopened(path)).toEqual(['one', 'two'])
    expect(readFileSync(path)).toEqual(whole)
  }
})

test.each([
  ['zeros', Buffer.alloc(500)],
  [
    'the right length of the wrong bytes',
    Buffer.concat([encodeFrame(2, Buffer.from('xyz')).subarray(0, -1), Buffer.from('!')])
  ],
  ['anything at all', Buffer.from('neither header nor body')]
])('a tail of %s is cut', async (_, tail) => {
  const path = await written(['one', 'two'])
  const whole = readFileSync(path)
  writeFileSync(path, Buffer.concat([whole, tail]))
  expect(await reopened(path)).toEqual(['one', 'two'])
})

describe('a journal that is damaged before its end is refused and left as it is', () => {
  const bodies = ['the first', 'the second', 'the third']
  const middle = FRAME_HEADER_BYTES + 'the first'.length

  test('whichever bit of an entry before the last flipped', async () => {
    const path = await written(bodies)
    const whole = readFileSync(path)
    await fc.assert(
      fc.asyncProperty(fc.nat(middle * 2), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        writeFileSync(path, damaged)
        await expect(reopened(path)).rejects.toMatchObject({ code: at < 4 ? 'JOURNAL_FOREIGN' : 'JOURNAL_DAMAGED' })
        expect(readFileSync(path)).toEqual(damaged)
      }),
      { numRuns: 150 }
    )
  })

  test.each([
    [
      'an entry is missing',
      (whole: Buffer) => Buffer.concat([whole.subarray(0, middle), whole.subarray(2 * middle + 1)])
    ],
    [
      'bytes were put in',
      (whole: Buffer) => Buffer.concat([whole.subarray(0, middle), Buffer.from('x'), whole.subarray(middle)])
    ],
    ['its first entry is gone', (whole: Buffer) => whole.subarray(middle)],
    ['an entry is there twice', (whole: Buffer) => Buffer.concat([whole.subarray(0, middle), whole])]
  ])('because %s', async (_, damage) => {
    const path = await written(bodies)
    const damaged = damage(readFileSync(path))
    writeFileSync(path, damaged)
    await expect(reopened(path)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' })
    expect(readFileSync(path)).toEqual(damaged)
  })
})

test.each([
  ['text', Buffer.from('not a journal')],
  ['a database', Buffer.from('SQLite format 3')],
  ['another version', Buffer.from('BXJ1 and so on, and so on')]
])('a file of %s is refused and left as it is', async (_, bytes) => {
  const path = join(temporaryFolder(), 'journal')
  writeFileSync(path, bytes)
  await expect(reopened(path)).rejects.toMatchObject({ code: 'JOURNAL_FOREIGN' })
  expect(readFileSync(path)).toEqual(bytes)
})

test('after a write or a sync that failed nothing more is taken, until it is opened again', async () => {
  for (const failing of ['write', 'sync'] as const) {
    const path = await written(['one'])
    let broken = false
    const openFile = async (name: string): Promise<JournalFile> => {
      const file = await openJournalFile(name)
      const fail = async (): Promise<void> => {
        throw new Error('the disk is full')
      }
      return {
        ...file,
        [failing]: (...args: [Buffer, number]) => (broken ? fail() : file[failing as 'write'](...args))
      }
    }
    {
      await using journal = await openJournal(path, () => undefined, openFile)
      broken = true
      await expect(journal.append(Buffer.from('two'))).rejects.toThrow('full')
      broken = false
      await expect(journal.append(Buffer.from('three'))).rejects.toThrow('full')
    }
    expect(['one', 'one,two']).toContain(String(await reopened(path)))
  }
})
