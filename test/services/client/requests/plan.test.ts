import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLIENT_ERRORS, type ClientErrorCode } from '../../../../services/client/errors.ts'
import { type AttemptState, planNext } from '../../../../services/client/requests/plan.ts'

const FRESH: AttemptState = {
  legs: ['a', 'b', 'c'],
  tried: new Set(),
  singly: false,
  named: ['a', 'b', 'c'],
  acceptedBy: null,
  code: 'HOST_LOST',
  answerStarted: false,
  reattested: false
}

describe('planNext', () => {
  const last = { tried: new Set(['a', 'b']), named: ['c'], acceptedBy: 'c' }
  const cases: readonly [string, Partial<AttemptState>, object][] = [
    ['opens a new session when every leg is lost', last, { kind: 'a new session' }],
    ['stops when every leg of that is lost too', { ...last, reattested: true }, { kind: 'stop' }],
    ['names the others when the host that accepted is lost', { acceptedBy: 'b' }, { candidates: ['a', 'c'] }],
    ['names legs one by one when nobody knows who is lost', {}, { candidates: ['a'], singly: true }],
    ['goes on to the next, one by one', { singly: true, named: ['a'] }, { candidates: ['b'], singly: true }],
    [
      'takes REPLAYED for a turn where the number may be spent',
      { singly: true, named: ['a'], code: 'REPLAYED' },
      { candidates: ['b'] }
    ],
    ['stops at REPLAYED otherwise', { code: 'REPLAYED' }, { kind: 'stop' }],
    ['stops when all that were named are full', { code: 'NO_CAPACITY' }, { kind: 'stop' }],
    [
      'asks the rest when the one that accepted is full',
      { code: 'NO_CAPACITY', acceptedBy: 'a' },
      { candidates: ['b', 'c'] }
    ],
    ['opens a new session when it is unknown', { code: 'SESSION_UNKNOWN' }, { kind: 'a new session' }],
    ['opens a new session when it has expired', { code: 'SESSION_EXPIRED' }, { kind: 'a new session' }],
    ['opens a new session when the keyset has changed', { code: 'KEYSET_CHANGED' }, { kind: 'a new session' }],
    ['opens no second one', { code: 'KEYSET_CHANGED', reattested: true }, { kind: 'stop' }],
    ['stops once an answer has begun', { acceptedBy: 'a', answerStarted: true }, { kind: 'stop' }],
    [
      'stops once an answer has begun, session or not',
      { code: 'SESSION_UNKNOWN', answerStarted: true },
      { kind: 'stop' }
    ]
  ]
  test.each(cases)('%s', (_what, change, plan) => {
    expect(planNext({ ...FRESH, ...change })).toMatchObject(plan)
  })

  test.each([
    'UNSEAL_FAILED',
    'TRUNCATED',
    'TOO_LARGE',
    'DEADLINE_PASSED',
    'CANCELLED',
    'UNPAID',
    'PROTOCOL',
    'ANSWER_MALFORMED',
    'RECEIPT_REFUSED'
  ] as const)('stops at %s', (code) => {
    expect(planNext({ ...FRESH, code, acceptedBy: 'a' })).toEqual({ kind: 'stop' })
  })

  test('whatever a relay says, ends, and never names a leg twice that had its turn, nor one that it was not given', () => {
    const codes = Object.keys(CLIENT_ERRORS) as ClientErrorCode[]
    const answers = fc.array(fc.record({ code: fc.constantFrom(...codes), by: fc.option(fc.nat(7)) }), {
      minLength: 40
    })
    const legs = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(legs, answers, (all, said) => {
        let state: AttemptState = { ...FRESH, legs: all, named: all }
        const turns: string[] = []
        for (const [attempt, { code, by }] of said.entries()) {
          const acceptedBy = by === null ? null : (state.named[by] ?? null)
          if (acceptedBy !== null) turns.push(acceptedBy)
          const plan = planNext({ ...state, code, acceptedBy })
          if (plan.kind !== 'another leg') return true
          expect(attempt).toBeLessThanOrEqual(all.length)
          expect(plan.candidates.length).toBeGreaterThan(0)
          expect(plan.candidates.every((leg) => all.includes(leg) && !turns.includes(leg))).toBe(true)
          state = { ...state, tried: plan.tried, singly: plan.singly, named: plan.candidates }
        }
        return false
      })
    )
  })
})
