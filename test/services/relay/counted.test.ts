import { expect, test } from 'vitest'
import { CountedStatements } from '../../../services/relay/counted.ts'

const [epoch, other] = [new Uint8Array(16), new Uint8Array(16).fill(1)]

test('a statement that a host sends again is counted once', () => {
  const counted = new CountedStatements()
  const places = [
    ['a', { epoch, seq: 1 }],
    ['a', { epoch, seq: 2 }],
    ['a', { epoch, seq: 1 }],
    ['a', { epoch: other, seq: 1 }],
    ['b', { epoch, seq: 1 }],
    ['b', { epoch, seq: 1 }]
  ] as const
  expect(places.map(([host, place]) => counted.count(host, place))).toEqual([true, true, false, true, true, false])
})
