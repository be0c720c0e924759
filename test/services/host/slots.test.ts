import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SlotHolder, type SlotShare, SlotTable } from '../../../services/host/slots.ts'

test('slots are divided as equal as they go, and again when a relay leaves', async () => {
  const table = new SlotTable(5, () => false)
  const told: SlotShare[] = []
  const first = table.join((share) => void told.push(share))
  const second = table.join(() => {})
  expect([first.share.total, second.share.total]).toEqual([3, 2])
  second.leave()
  expect(first.share).toEqual({ total: 5, free: 5 })
  await nextTurn()
  expect(told).toEqual([{ total: 5, free: 5 }])
})

test('what changes in one turn is told once', async () => {
  const table = new SlotTable(4, () => false)
  const told: SlotShare[] = []
  const holder = table.join((share) => void told.push(share))
  holder.take()
  holder.take()
  holder.release()
  await nextTurn()
  expect(told).toEqual([{ total: 4, free: 3 }])
})

test('while the table is closed nothing is free', () => {
  let closed = false
  const table = new SlotTable(2, () => closed)
  const holder = table.join(() => {})
  closed = true
  expect([holder.take(), holder.share.free]).toEqual([false, 0])
  closed = false
  expect(holder.take()).toBe(true)
})

test('never more run than there are slots, however relays come and go', () => {
  const step = fc.constantFrom('join', 'leave', 'take', 'release')
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.tuple(step, fc.nat(5)), { maxLength: 80 }),
      (slots, steps) => {
        const table = new SlotTable(slots, () => false)
        const holders: SlotHolder[] = []
        const running: SlotHolder[] = []
        for (const [kind, which] of steps) {
          const holder = holders[which % Math.max(1, holders.length)]
          if (kind === 'join') holders.push(table.join(() => {}))
          else if (kind === 'leave' && holder) holders.splice(holders.indexOf(holder), 1)[0]?.leave()
          else if (kind === 'take' && holder?.take()) running.push(holder)
          else if (kind === 'release') running.shift()?.release()
          expect(table.used).toBe(running.length)
          expect(table.used).toBeLessThanOrEqual(slots)
          const shares = holders.map(({ share }) => share)
          expect(shares.reduce((total, { total: one }) => total + one, 0)).toBe(holders.length === 0 ? 0 : slots)
          expect(shares.every(({ free }) => free >= 0 && free <= slots - table.used)).toBe(true)
        }
      }
    )
  )
})
