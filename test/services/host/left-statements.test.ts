import { describe, expect, test } from 'vitest'
import { type LeftParcel, LeftStatements } from '../../../services/host/left-statements.ts'
import type { LeftStatement } from '../../../services/host/statement-memory.ts'
import { silentLogger } from '../../../services/runtime/log.ts'

/** Statements 1, 2, … of keysets that are named by their first byte. */
function setUp(...keysets: readonly number[]) {
  const clock = { now: 0 }
  const ends: string[] = []
  const left = keysets.map((name, index) => {
    const bytes = Uint8Array.of(name)
    return {
      ...{ keyset: { bytes, digest: bytes }, statement: Uint8Array.of(index + 1), account: '', price: 1n },
      forget: () => ends.push(`forgot ${index + 1}`)
    } as unknown as LeftStatement
  })
  const ended = ({ statement }: LeftStatement, isStored: boolean): void =>
    void ends.push(`${isStored ? 'stored' : 'refused'} ${statement[0]}`)
  const delivery = new LeftStatements({ left, ended, monotonic: () => clock.now, logger: silentLogger })
  const relay = () => {
    const sent: number[][] = []
    const carrier = delivery.attach(({ statements }: LeftParcel) => void sent.push(statements.map(([n]) => n ?? 0)))
    return { sent, carrier }
  }
  return { clock, ends, delivery, relay }
}

describe('what earlier starts left', () => {
  test('goes a keyset at a time, 64 at most, the next after the word on the last', () => {
    const { relay, ends, delivery } = setUp(1, 2, 1, ...Array.from({ length: 64 }, () => 2))
    const { sent, carrier } = relay()
    expect(sent).toEqual([[1, 3]])
    carrier.answer({ stored: [0], refused: [1] })
    expect(ends).toEqual(['forgot 1', 'stored 1', 'forgot 3', 'refused 3'])
    expect(sent[1]).toHaveLength(64)
    carrier.answer({ stored: [...Array(64).keys()], refused: [] })
    expect(sent[2]).toEqual([67])
    carrier.answer({ stored: [0], refused: [] })
    expect([sent.length, delivery.waiting]).toEqual([3, 0])
  })

  test('goes by another relay when the call of the one that has it ends, or is silent for a minute', () => {
    const { relay, clock, delivery } = setUp(1)
    const [first, second, third] = [relay(), relay(), relay()]
    expect([first.sent, second.sent]).toEqual([[[1]], []])
    first.carrier.detach()
    expect(second.sent).toEqual([[1]])
    clock.now = 59_999
    delivery.keepHouse()
    expect(third.sent).toEqual([])
    clock.now = 60_000
    delivery.keepHouse()
    expect(third.sent).toEqual([[1]])
    third.carrier.answer({ stored: [0], refused: [] })
    second.carrier.answer({ stored: [0], refused: [] })
    expect(delivery.waiting).toBe(0)
  })

  test('ends by no word on a place that was never sent', () => {
    const { relay, ends } = setUp(1)
    relay().carrier.answer({ stored: [1, 7], refused: [9] })
    expect(ends).toEqual([])
  })

  test('is offered again after a pause where there is no word, and so often at most', () => {
    const { relay, clock, ends, delivery } = setUp(1)
    const { sent, carrier } = relay()
    for (let round = 0; round < 200; round++) {
      carrier.answer({ stored: [], refused: [] })
      clock.now += 15_000
      delivery.keepHouse()
    }
    expect([sent.length, ends, delivery.waiting]).toEqual([64, [], 0])
  })
})
