import { expect, test } from 'vitest'
import { planRelease, type ReleaseWish } from '../../../../services/cli/pay/release-plan.ts'

const NOW = 1_800_000_000
const entry = { reserved: 100n, paid: 20n }
const asked = (to: bigint, at: number) => ({ entry: { ...entry, pending: { to, at } } })

test.each<readonly [string, Partial<ReleaseWish>, object]>([
  ['is asked for', {}, { kind: 'ask' }],
  ['is waited for', asked(50n, NOW + 1), { kind: 'wait', until: NOW + 1 }],
  ['is done when the delay is over', asked(50n, NOW), { kind: 'release' }],
  ['is asked for anew when another sum is wanted', asked(40n, NOW), { kind: 'ask' }],
  ['of nothing is nothing', { to: 100n }, { kind: 'nothing', reserved: 100n }],
  ['of what was released is nothing', { entry: { reserved: 50n, paid: 20n } }, { kind: 'nothing', reserved: 50n }],
  ['for a stranger is nothing', { entry: undefined }, { kind: 'nothing', reserved: 0n }],
  ['of what was paid is refused', { to: 19n }, { kind: 'refuse', least: 20n }],
  ['of what is owed is refused', { owed: 51n }, { kind: 'refuse', least: 51n }],
  ['of what came to be owed meanwhile is refused', { ...asked(50n, NOW), owed: 51n }, { kind: 'refuse', least: 51n }]
])('a release %s', (_, change, step) => {
  expect(planRelease({ entry, to: 50n, owed: 0n, now: NOW, ...change })).toEqual(step)
})
