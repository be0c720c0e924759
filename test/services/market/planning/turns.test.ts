import { expect, test } from 'vitest'
import { PlanTurns } from '../../../../services/market/planning/turns.ts'

test('whoever asks for plans without end keeps no other from one', () => {
  const turns = new PlanTurns()
  const [acme, provider, operator] = [
    { kind: 'organisation', name: 'acme' },
    { kind: 'provider', name: 'acme' },
    { kind: 'operator' }
  ] as const
  {
    using _ = turns.take(acme)
    expect(() => turns.take(acme)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    for (const other of [provider, operator, operator]) turns.take(other)
  }
  expect(() => turns.take(acme)).not.toThrow()
})
