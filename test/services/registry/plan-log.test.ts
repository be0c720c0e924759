import { describe, expect, it } from 'vitest'
import { planEvents, planQuarantineChange, stateOf } from '../../../services/registry/plan.ts'
import { at, NOW, sampleEvidence, sampleHost } from './sample-host.ts'

describe('a host whose attestation is not in the log yet', () => {
  const logged = (index?: bigint) => ({ leaf: Uint8Array.of(1), index })
  const pending = sampleHost({ evidence: { ...sampleEvidence(2, 2), logged: logged() } })
  const before = sampleHost({ evidence: { ...sampleEvidence(1, 1), logged: logged(7n) } })

  it('is pending, and no news: not for those who know nothing of it, nor an end of what was listed', () => {
    expect(stateOf(pending, NOW)).toBe('pending')
    expect(planEvents(undefined, pending, NOW)).toEqual([])
    expect(planEvents(before, pending, NOW)).toEqual([])
  })

  it('is news as soon as it is', () => {
    const after = { ...pending, evidence: { ...pending.evidence, logged: logged(8n) } }
    expect(stateOf(after, NOW)).toBe('listed')
    expect(planEvents(before, after, NOW).map(({ kind }) => kind)).toEqual(['listed', 'delisted'])
  })

  it('lapses, and is quarantined, all the same', () => {
    const quarantined = { ...pending, standing: { kind: 'quarantined', by: 'operator', reason: 'x' } as const }
    expect([stateOf(pending, at(3600)), stateOf(quarantined, NOW)]).toEqual(['lapsed', 'quarantined'])
    expect(planEvents(before, quarantined, NOW)).toMatchObject([{ kind: 'delisted', reason: 'quarantined' }])
  })
})

describe('the log hears of a quarantine', () => {
  const listed = { kind: 'listed' } as const
  const own = (reason: string) => ({ kind: 'quarantined', by: 'registry', reason }) as const
  const operator = (reason: string) => ({ kind: 'quarantined', by: 'operator', reason }) as const
  it.each([
    [
      'when the registry imposes it, by its code',
      listed,
      own('EVIDENCE_REFUSED'),
      { kind: 'imposed', reason: 'EVIDENCE_REFUSED' }
    ],
    [
      'when an operator does, without their words',
      listed,
      operator('a break-in'),
      { kind: 'imposed', reason: 'OPERATOR' }
    ],
    ['of a host that was not known', undefined, own('X'), { kind: 'imposed', reason: 'X' }],
    ['when an operator takes it over', own('X'), operator('y'), { kind: 'imposed', reason: 'OPERATOR' }],
    ['when it ends', own('X'), listed, { kind: 'lifted' }],
    ['not when the words change', operator('x'), operator('y'), undefined],
    ['not when nothing does', own('X'), own('X'), undefined],
    ['not of other changes', listed, { kind: 'withdrawn' } as const, undefined]
  ])('%s', (_what, before, after, change) => {
    const planned = planQuarantineChange(before, after, NOW)
    if (change === undefined) expect(planned).toBeUndefined()
    else expect(planned).toMatchObject(change)
  })
})
