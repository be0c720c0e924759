import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { writerOf } from '../../../services/runtime/unread.ts'

test('whoever reads nothing is given up once two thousand messages wait for him, and no more are kept', () => {
  const stream = new Duplex({ objectMode: true, write: () => {}, read: () => {} })
  let givenUp = 0
  const write = writerOf<number>(stream, () => void givenUp++)
  for (let at = 0; at < 2048; at++) write(at)
  expect(givenUp).toBe(0)
  for (let at = 0; at < 100; at++) write(at)
  expect([givenUp, stream.writableLength]).toEqual([100, 2048])
})
