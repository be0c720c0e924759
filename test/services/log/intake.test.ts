import { describe, expect, it } from 'vitest'
import { checkDelivery, checkRepeated, type LogEntry, planIntake } from '../../../services/log/intake.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { numberedLeaf, policyLeaf } from '../../fakes/log.ts'

const entries = (...sequences: readonly number[]): readonly LogEntry[] =>
  sequences.map((sequence) => ({ sequence: BigInt(sequence), leaf: numberedLeaf(sequence) }))

const numbers = (some: readonly LogEntry[]): readonly number[] => some.map(({ sequence }) => Number(sequence))

function refusal(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    return codeOf(error)
  }
  return undefined
}

describe('a delivery', () => {
  const check = (some: readonly LogEntry[]) => checkDelivery({ writer: 'w', entries: some, blobs: [] })

  it.each([
    ['sequences with a gap', entries(1, 3), 'LOG_SEQUENCE_GAP'],
    ['sequences backwards', entries(2, 1), 'LOG_SEQUENCE_GAP'],
    ['a sequence twice', entries(1, 1), 'LOG_SEQUENCE_GAP'],
    ['sequence 0', entries(0, 1), 'LOG_SEQUENCE_GAP'],
    ['a leaf that is none', [{ sequence: 1n, leaf: Uint8Array.of(1) }], 'LEAF_MALFORMED']
  ])('with %s is refused', (_, some, code) => {
    expect(refusal(() => check(some))).toBe(code)
  })

  it('wants each blob that its leaves name, once', () => {
    const leaf = policyLeaf(Uint8Array.of(1))
    const both = [1n, 2n].map((sequence) => ({ sequence, leaf }))
    expect(check(both).wanted).toHaveLength(1)
    expect(check(entries(1, 2)).wanted).toEqual([])
  })
})

describe('after sequence 5', () => {
  it.each([
    ['6, 7', entries(6, 7), [], [6, 7]],
    ['4, 5, 6, 7', entries(4, 5, 6, 7), [4, 5], [6, 7]],
    ['4, 5', entries(4, 5), [4, 5], []],
    ['nothing', [], [], []]
  ])('%s is split into what was taken and what is new', (_, some, repeated, fresh) => {
    const plan = planIntake(some, 5n)
    expect([numbers(plan.repeated), numbers(plan.fresh)]).toEqual([repeated, fresh])
  })

  it('7 is refused: 6 is missing', () => {
    expect(refusal(() => planIntake(entries(7), 5n))).toBe('LOG_SEQUENCE_GAP')
  })

  it.each([
    ['another leaf', [[5n, numberedLeaf(6)]], 'LOG_SEQUENCE_CONFLICT'],
    ['none', [], 'LOG_SEQUENCE_CONFLICT'],
    ['the same leaf', [[5n, numberedLeaf(5)]], undefined]
  ] as const)('5 again, where it was %s', (_, taken, code) => {
    expect(refusal(() => checkRepeated(entries(5), new Map(taken)))).toBe(code)
  })
})
