import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ReplayWindow } from '../../../attestation/session/replay-window.ts'

it('spends each number once, and none at or below the highest less its size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 64, max: 200 }),
      fc.array(fc.oneof(fc.nat(700), fc.integer({ min: 2 ** 53 - 400, max: 2 ** 53 - 1 })), { maxLength: 300 }),
      (size, numbers) => {
        const window = new ReplayWindow(size)
        const spent = new Set<number>()
        let highest = -1
        for (const n of numbers) {
          const can = !spent.has(n) && n > highest - size
          expect(window.canSpend(n)).toBe(can)
          if (!can) {
            expect(() => window.spend(n)).toThrow(TypeError)
            continue
          }
          window.spend(n)
          spent.add(n)
          highest = Math.max(highest, n)
          expect(window.canSpend(n)).toBe(false)
        }
      }
    )
  )
})

it('forgets nothing within its size when it moves on by less', () => {
  const window = new ReplayWindow(65_536)
  window.spend(0)
  window.spend(65_535)
  expect([window.canSpend(0), window.canSpend(1), window.canSpend(65_535)]).toEqual([false, true, false])
  window.spend(65_536)
  expect([window.canSpend(0), window.canSpend(1)]).toEqual([false, true])
})
