import { describe, expect, it } from 'vitest'
import { type AnchorView, isLate, LAPSE_MARGIN, planAnchor, VALID_FOR } from '../../../services/log/anchor/plan.ts'

const RULES = { interval: 600 }
const T = 1_790_000_000

function view(changes: Partial<AnchorView> = {}): AnchorView {
  return {
    now: T + 705,
    contract: { seqno: 3, treeSize: 100n, timestamp: T },
    block: { genUtime: T + 700 },
    open: undefined,
    head: { size: 200n, timestamp: T + 690 },
    ...changes
  }
}

const open = { seqno: 3, validUntil: T + 1000 }
const blockAt = (genUtime: number) => ({ block: { genUtime } })

describe('the anchorer', () => {
  it('signs the newest head when the last one is old enough', () => {
    expect(planAnchor(view(), RULES)).toEqual({
      kind: 'sign',
      seqno: 3,
      oldSize: 100n,
      validUntil: T + 700 + VALID_FOR
    })
  })

  it.each([
    ['the head has not grown', { head: { size: 100n, timestamp: T + 690 } }],
    ['the last anchor is young', { head: { size: 200n, timestamp: T + 599 } }],
    ['the chain stands still, its last block before the head', blockAt(T + 600)],
    ['the log’s clock went back behind the contract', { head: { size: 200n, timestamp: T - 1 } }]
  ] as const)('waits while %s', (_, changes) => {
    expect(planAnchor(view(changes), RULES)).toEqual({ kind: 'wait' })
  })

  it('signs for no longer than its own clock allows, whatever time the chain is said to have', () => {
    const validUntil = T + 705 + 60 + VALID_FOR
    expect(planAnchor(view(blockAt(T + 765)), RULES)).toMatchObject({ validUntil })
    expect(planAnchor(view(blockAt(4_000_000_000)), RULES)).toMatchObject({ kind: 'sign', validUntil })
  })

  it('does not wait for the first one', () => {
    const contract = { seqno: 0, treeSize: 0n, timestamp: 0 }
    expect(planAnchor(view({ contract, head: { size: 1n, timestamp: T + 700 } }), RULES)).toMatchObject({
      kind: 'sign'
    })
  })

  it.each([
    ['is sent again while a block may take it', { open }, 'resend'],
    [
      'is sent again at its last second, and as long as clocks differ',
      { open, ...blockAt(T + 1000 + LAPSE_MARGIN) },
      'resend'
    ],
    ['lapses with a block after that', { open, ...blockAt(T + 1001 + LAPSE_MARGIN) }, 'lapse'],
    ['is looked for when the seqno has moved', { open: { ...open, seqno: 2 } }, 'settle'],
    ['is looked for even when it is long past', { open: { seqno: 2, validUntil: T }, ...blockAt(T + 9000) }, 'settle']
  ] as const)('a message %s', (_, changes, kind) => {
    expect(planAnchor(view(changes), RULES)).toEqual({ kind })
  })
})

describe('an anchor is late', () => {
  const age = { now: T + 1801, since: T, anchored: { size: 100n, timestamp: T }, headSize: 200n }
  it.each([
    ['when leaves have waited for three intervals', {}, true],
    ['not before', { now: T + 1800 }, false],
    ['not when all is anchored', { headSize: 100n }, false],
    ['not just after a start', { since: T + 1000 }, false],
    ['also when nothing ever was', { anchored: undefined }, true]
  ])('%s', (_, changes, expected) => {
    expect(isLate({ ...age, ...changes }, RULES)).toBe(expected)
  })
})
