import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeline, type TimedHead } from '../../../services/audit/times.ts'

const head = (size: number, at: number, by: TimedHead['by'] = 'log'): TimedHead => ({
  size: BigInt(size),
  at,
  by,
  what: ''
})

describe('between which heads a leaf came into the log', () => {
  it.each([
    ['none is known', [], 5n, [undefined, undefined, undefined]],
    ['one did not have it', [head(5, 100)], 5n, [100, undefined, undefined]],
    ['one has it', [head(6, 100)], 5n, [undefined, 100, undefined]],
    [
      'the latest that did not have it counts, whatever its size',
      [head(2, 300), head(5, 100)],
      5n,
      [300, undefined, undefined]
    ],
    [
      'the earliest that had it counts, whatever its size',
      [head(6, 300), head(9, 100)],
      5n,
      [undefined, 100, undefined]
    ],
    ['the chain’s time is told beside the log’s', [head(6, 100), head(7, 200, 'chain')], 5n, [undefined, 100, 200]]
  ])('%s', (_, heads, index, expected) => {
    const { notBefore, notAfter, anchored } = createTimeline(heads)(index)
    expect([notBefore?.at, notAfter?.at, anchored?.at]).toEqual(expected)
  })

  it('is what looking at every head would say', () => {
    const anyHead = fc.record({
      size: fc.integer({ min: 0, max: 20 }),
      at: fc.integer({ min: 0, max: 20 }),
      chain: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(anyHead), fc.integer({ min: 0, max: 20 }), (some, index) => {
        const heads = some.map(({ size, at, chain }) => head(size, at, chain ? 'chain' : 'log'))
        const without = heads.filter(({ size }) => size <= BigInt(index)).map(({ at }) => at)
        const having = heads.filter(({ size }) => size > BigInt(index))
        const { notBefore, notAfter, anchored } = createTimeline(heads)(BigInt(index))
        expect(notBefore?.at).toBe(without.length === 0 ? undefined : Math.max(...without))
        expect(notAfter?.at).toBe(earliest(having))
        expect(anchored?.at).toBe(earliest(having.filter(({ by }) => by === 'chain')))
      })
    )
  })
})

function earliest(heads: readonly TimedHead[]): number | undefined {
  return heads.length === 0 ? undefined : Math.min(...heads.map(({ at }) => at))
}
