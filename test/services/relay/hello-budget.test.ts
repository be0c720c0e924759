import { expect, test } from 'vitest'
import { HelloBudget } from '../../../services/relay/hello-budget.ts'

const REFUSED = expect.objectContaining({ code: 'NO_CAPACITY' })

function setUp(perMinute: number) {
  const clock = { now: 0 }
  const budget = new HelloBudget(perMinute, () => clock.now)
  const spend = (sender: string, times: number): void => {
    for (let n = 0; n < times; n++) budget.spend(sender)
  }
  return { clock, spend }
}

test('a sender has so many hellos a minute, which come back evenly, and no more than that at once', () => {
  const { clock, spend } = setUp(60)
  spend('alice', 60)
  expect(() => spend('alice', 1)).toThrow(REFUSED)
  clock.now = 999
  expect(() => spend('alice', 1)).toThrow(REFUSED)
  clock.now = 1000
  spend('alice', 1)
  expect(() => spend('alice', 1)).toThrow(REFUSED)
  clock.now = 3_600_000
  spend('alice', 60)
  expect(() => spend('alice', 1)).toThrow(REFUSED)
})

test('what one sender spends is no other’s', () => {
  const { spend } = setUp(2)
  spend('alice', 2)
  expect(() => spend('alice', 1)).toThrow(REFUSED)
  spend('bob', 2)
})
