import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519 } from '../../../attestation/crypto.ts'
import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import { parseVoucher } from '../../../attestation/receipt/voucher.ts'
import { type EscrowSight, withDelivered } from '../../../services/host/payer-account.ts'
import {
  account,
  ask,
  DAY,
  type Disk,
  key,
  NOW,
  serveUntilUnpaid,
  sight,
  upTo,
  voucher,
  voucherKey
} from '../../fakes/payer-account.ts'

const { credit } = EXPOSURE_LIMITS

describe('what a host loses at most', () => {
  test('by a client that never signs: the limit, to the last request', () => {
    const lost = serveUntilUnpaid(account(), 1_000_000n)
    expect(lost).toBe(49_000_000n)
    expect(lost).toBeLessThan(credit)
  })

  test('by a client whose key has ended, whatever sum that key signed: the limit', () => {
    const next = ed25519PublicBytes(generateEd25519())
    const until = NOW + DAY
    const changed = (checkedAt: number, voucherKeys: EscrowSight['voucherKeys']): EscrowSight => ({
      ...sight({ checkedAt }),
      voucherKeys,
      view: (by) => ({
        ...{ checkedAt, isClosing: false, reserved: 10n ** 9n },
        claimableUntil: by === next ? checkedAt + DAY : until
      })
    })
    const payer = account(sight({ reserved: 1n }))
    payer.take(voucher(2n ** 62n))
    payer.see(changed(NOW + 60, [next, voucherKey]))
    expect(payer.standing({ ...ask(0n), now: NOW + 60 }).vouchered).toBe(2n ** 62n)
    const later = until - EXPOSURE_LIMITS.claimMargin
    for (const keys of [[next, voucherKey], [next]] as const) {
      payer.see(changed(later, keys))
      const asked = { voucherKey: next, maxPrice: credit, now: later }
      expect(payer.admit(asked)).toMatchObject({ kind: 'unpaid', reason: 'credit' })
      expect(payer.standing(asked).vouchered).toBe(0n)
    }
  })
})

describe('a statement that an earlier start left', () => {
  const kept = { delivered: 10n, unsettled: 9n, vouchers: [] }

  test('counts as delivered until the market has its word, and is remembered as unsettled', () => {
    const disk: Disk = { record: kept, left: 5n }
    const payer = account(sight(), [], disk)
    expect([payer.standing(ask(0n)).delivered, payer.isIdle]).toEqual([15n, false])
    payer.take(voucher(1n))
    expect(disk.record).toMatchObject({ delivered: 10n, unsettled: 8n })
  })

  test('is delivered when it is stored: whoever signs for it gets nothing ahead', () => {
    const disk: Disk = { record: { ...kept, unsettled: 5n }, left: 5n }
    const payer = account(sight(), [], disk)
    payer.settleLeft(5n, true)
    expect(disk.record).toEqual({ delivered: 15n, unsettled: 0n, vouchers: [] })
    payer.take(voucher(15n))
    expect(serveUntilUnpaid(payer, 1_000_000n)).toBe(serveUntilUnpaid(account(), 1_000_000n))
  })

  test('is as lost as one that was never signed when it is refused', () => {
    const disk: Disk = { record: kept, left: 5n }
    const payer = account(sight(), [], disk)
    payer.settleLeft(5n, false)
    expect([payer.standing(ask(0n)).delivered, payer.isIdle]).toEqual([10n, true])
    expect(disk.record).toEqual(kept)
  })

  test('is never more than what was unsettled, whatever the disk says', () => {
    const payer = account(sight(), [], { record: kept, left: 1_000n })
    expect(payer.standing(ask(0n)).delivered).toBe(19n)
    payer.settleLeft(1_000n, false)
    expect(payer.standing(ask(0n)).delivered).toBe(10n)
  })

  test('is remembered as delivered where its payer has no account now', () => {
    expect(withDelivered(kept, 5n)).toEqual({ delivered: 15n, unsettled: 4n, vouchers: [] })
    expect(withDelivered(kept, 50n)).toEqual({ delivered: 19n, unsettled: 0n, vouchers: [] })
  })
})

test('what cannot be written down is not served', () => {
  const disk: Disk = { record: undefined, fails: true }
  const payer = account(sight(), [], disk)
  expect(payer.admit(ask(1n))).toEqual({ kind: 'unkept' })
  expect(payer.standing(ask(0n))).toMatchObject({ inFlight: 0n })
})

describe('a voucher', () => {
  test.each([
    ['by another key', voucher(1n, generateEd25519())],
    ['for another payee', voucher(1n, key, new Uint8Array(32))]
  ])('%s buys nothing', (_, signed) => {
    expect(() => account().take(signed)).toThrow(expect.objectContaining({ code: 'VOUCHER_REFUSED' }))
  })

  test('sent again, or below the best, changes nothing', () => {
    const payer = account()
    payer.take(voucher(5n))
    payer.take(voucher(5n))
    payer.take(voucher(4n))
    expect(payer.standing(ask(0n))).toMatchObject({ vouchered: 5n, delivered: 0n })
  })

  test('of the sum that a host asked for lets the request in', () => {
    const payer = account(sight({ checkedAt: NOW - 700 }))
    const plan = payer.admit(ask(2_000_000n))
    expect(plan).toMatchObject({ kind: 'unpaid', reason: 'stale', cumulative: 2_000_000n })
    payer.take(voucher(2_000_000n))
    expect(payer.admit(ask(2_000_000n))).toEqual({ kind: 'serve', upTo: 2_000_000n })
  })
})

describe('while the escrow changes its key', () => {
  const [newKey, until] = [generateEd25519(), NOW + 3900]
  const fresh = ed25519PublicBytes(newKey)
  const changing = sight()
  const both: EscrowSight = {
    ...changing,
    voucherKeys: [fresh, voucherKey],
    view: (by) => ({ ...changing.view(by), claimableUntil: by === voucherKey ? until : NOW + DAY })
  }
  const askAt = (now: number) => ({ voucherKey: fresh, maxPrice: 0n, now })

  test.each([
    ['the old key counts while it can be claimed', [voucher(9n)], NOW + 299, 9n],
    ['the old key is worth nothing from an hour before its end', [voucher(9n)], NOW + 300, 0n],
    ['the new key counts for what it says', [voucher(9n), voucher(5n, newKey)], NOW + 300, 5n],
    ['the new key counts on, for the same sum', [voucher(9n), voucher(9n, newKey)], NOW + 300, 9n]
  ])('a voucher by %s', (_, given, now, vouchered) => {
    const payer = account(both)
    for (const one of given) payer.take(one)
    expect(payer.standing(askAt(now)).vouchered).toBe(vouchered)
  })

  test('what the old key vouched for and nobody claimed is delivered all the same', () => {
    const again = account(both, [voucher(400_000_000n)])
    expect(again.standing(askAt(NOW + 300))).toMatchObject({ delivered: 400_000_000n, vouchered: 0n })
    again.take(voucher(400_000_000n, newKey))
    expect(again.standing(askAt(NOW + 300))).toMatchObject({ vouchered: 400_000_000n, plan: { kind: 'serve' } })
  })

  test('a host is lent nothing by a payer that vouches with the old key to its last minute', () => {
    const payer = account(both)
    payer.take(voucher(900_000_000n))
    const served = payer.admit({ voucherKey: fresh, maxPrice: 800_000_000n, now: NOW + 300 })
    expect(served).toMatchObject({ kind: 'unpaid', reason: 'credit' })
  })
})

test('whoever names the escrow with a key that is not its own gets nothing, and takes nothing from its payer', () => {
  const payer = account()
  const stranger = { ...ask(1n), voucherKey: ed25519PublicBytes(generateEd25519()) }
  expect(payer.admit(stranger)).toEqual({ kind: 'unpaid', reason: 'unclaimable' })
  expect(payer.admit(ask(1n))).toEqual({ kind: 'serve', upTo: 1n })
})

test('an older look at the chain does not undo a newer one', () => {
  const payer = account(sight({ isClosing: true }))
  payer.see(sight({ checkedAt: NOW - 60 }))
  expect(payer.admit(ask(1_000_000n))).toMatchObject({ kind: 'unpaid', reason: 'closing' })
})

test('whatever happens, delivered stays within the reservation, and beyond the best voucher below the limit', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('ask' as const),
      maxPrice: fc.bigInt(0n, 80_000_000n),
      used: fc.integer({ min: 0, max: 100 })
    }),
    fc.record({ kind: fc.constant('voucher' as const), cumulative: fc.bigInt(0n, 300_000_000n) }),
    fc.record({ kind: fc.constant('see' as const), reserved: fc.bigInt(0n, 300_000_000n), isClosing: fc.boolean() })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const payer = account()
      let [delivered, best, reserved] = [0n, 0n, 10n ** 9n]
      for (const one of steps) {
        if (one.kind === 'voucher') {
          payer.take(voucher(one.cumulative))
          if (one.cumulative > best) best = one.cumulative
        } else if (one.kind === 'see') {
          ;({ reserved } = one)
          payer.see(sight(one))
        } else {
          const plan = payer.admit(ask(one.maxPrice))
          if (plan.kind !== 'serve') continue
          const price = (plan.upTo * BigInt(one.used)) / 100n
          payer.settle(plan.upTo, price)()
          delivered += price
          expect(delivered).toBeLessThanOrEqual(reserved)
          expect(delivered - best).toBeLessThan(credit)
        }
      }
    })
  )
})

test('a signature alone takes no place in the memory; once there was an answer, each voucher is kept', () => {
  const disk: Disk = { record: undefined }
  const payer = account(sight(), [], disk)
  payer.take(voucher(5n))
  expect(disk.record).toBeUndefined()
  payer.settle(upTo(payer, 7n), 1n)()
  payer.take(voucher(6n))
  expect(disk.record?.vouchers.map((one) => parseVoucher(one).cumulative)).toEqual([6n])
})
