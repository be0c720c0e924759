import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ConsumerAccount,
  type EscrowView,
  EXPOSURE_LIMITS,
  type PayeeAccount,
  planExposure,
  planVoucher
} from '../../../attestation/receipt/exposure.ts'

const TON = 1_000_000_000n
const LIMIT = EXPOSURE_LIMITS.credit
const NOW = 1_800_000_000
const account: PayeeAccount = { delivered: 0n, inFlight: 0n, vouchered: 0n }
const escrow: EscrowView = { checkedAt: NOW - 60, isClosing: false, reserved: TON, claimableUntil: NOW + 86_340 }
const ask = (maxPrice: bigint) => ({ maxPrice, now: NOW })

describe('a host', () => {
  it.each([
    ['at the start', {}, {}, 1000n, 1000n],
    ['up to just below the limit', {}, {}, LIMIT - 1n, LIMIT - 1n],
    ['without a price, as far as its credit goes', { delivered: 1000n }, {}, 0n, LIMIT - 1001n],
    ['without a price, as far as the reservation goes', {}, { reserved: 5n }, 0n, 5n],
    ['beside other requests', { inFlight: LIMIT / 2n }, {}, LIMIT / 2n - 1n, LIMIT / 2n - 1n],
    ['again after a voucher', { delivered: LIMIT - 1n, vouchered: LIMIT - 1n }, {}, LIMIT - 1n, LIMIT - 1n],
    ['up to the whole reservation', { delivered: TON - 5n, vouchered: TON - 5n }, {}, 5n, 5n],
    ['at the last second of trust', {}, { checkedAt: NOW - 600 }, 5n, 5n],
    ['against an old look at the chain, once paid ahead', { vouchered: 5n }, { checkedAt: NOW - 601 }, 5n, 5n],
    ['while the escrow is closing, once paid ahead', { vouchered: 5n }, { isClosing: true }, 5n, 5n]
  ])('serves %s', (...[, of, view, maxPrice, upTo]) => {
    const plan = planExposure({ ...account, ...of }, { ...escrow, ...view }, ask(maxPrice))
    expect(plan).toEqual({ kind: 'serve', upTo })
  })

  it.each([
    ['the limit itself', {}, {}, LIMIT, 'credit', 1n],
    ['more than the limit', { delivered: LIMIT - 1n }, {}, 10n, 'credit', 10n],
    ['a request without a price when its credit is used up', { delivered: LIMIT - 1n }, {}, 0n, 'credit', 10_000_000n],
    ['what other requests may use', { inFlight: LIMIT - 1n }, {}, 1n, 'credit', 1n],
    ['more than the reservation', {}, { reserved: 9n }, 10n, 'reservation', undefined],
    [
      'more than is left of the reservation',
      { delivered: 5n, vouchered: 5n },
      { reserved: 9n },
      5n,
      'reservation',
      undefined
    ],
    [
      'what a voucher beyond the reservation promises',
      { vouchered: TON },
      { reserved: 9n },
      10n,
      'reservation',
      undefined
    ],
    ['anything without a reservation', {}, { reserved: 0n }, 0n, 'reservation', undefined],
    ['credit after ten minutes', {}, { checkedAt: NOW - 601 }, 10n, 'stale', 10n],
    ['credit while the escrow is closing', {}, { isClosing: true }, 10n, 'closing', 10n],
    [
      'a voucher that may come too late',
      { vouchered: 10n },
      { claimableUntil: NOW + 3600 },
      10n,
      'unclaimable',
      undefined
    ]
  ])('does not serve %s', (...[, of, view, maxPrice, reason, cumulative]) => {
    const plan = planExposure({ ...account, ...of }, { ...escrow, ...view }, ask(maxPrice))
    expect(plan).toEqual({ kind: 'unpaid', reason, ...(cumulative !== undefined && { cumulative }) })
  })

  const amount = fc.bigInt({ min: 0n, max: 3n * LIMIT })
  const views = fc.record({
    checkedAt: fc.integer({ min: NOW - 1200, max: NOW }),
    isClosing: fc.boolean(),
    reserved: amount,
    claimableUntil: fc.integer({ min: NOW, max: NOW + 7200 })
  })
  const accounts = fc.record({ delivered: amount, inFlight: amount, vouchered: amount })

  it('serves with the voucher that it asked for, and with no smaller one', () => {
    fc.assert(
      fc.property(accounts, views, amount, (of, view, maxPrice) => {
        const plan = planExposure(of, view, ask(maxPrice))
        fc.pre(plan.kind === 'unpaid' && plan.cumulative !== undefined && maxPrice > 0n)
        expect(plan.cumulative).toBeGreaterThan(of.vouchered)
        const paid = (vouchered: bigint) => planExposure({ ...of, vouchered }, view, ask(maxPrice)).kind
        expect(paid(plan.cumulative!)).toBe('serve')
        expect(paid(plan.cumulative! - 1n)).toBe('unpaid')
      })
    )
  })
})

describe('a consumer', () => {
  const consumer: ConsumerAccount = { owed: 100n, inFlight: 0n, vouchered: 40n, reserved: TON }

  it.each([
    ['signs what it owes', {}, 100n, { kind: 'sign', cumulative: 100n }],
    ['signs in advance what its requests may come to', { inFlight: 50n }, 150n, { kind: 'sign', cumulative: 150n }],
    ['has signed enough', {}, 40n, { kind: 'enough' }],
    ['does not sign what it does not owe', {}, 101n, { kind: 'refuse', reason: 'not-owed' }],
    [
      'does not sign more in advance than its requests',
      { inFlight: 50n },
      151n,
      { kind: 'refuse', reason: 'not-owed' }
    ],
    ['does not sign the limit in advance', { inFlight: TON }, 100n + LIMIT, { kind: 'refuse', reason: 'not-owed' }],
    ['does not sign beyond the reservation', { reserved: 99n }, 100n, { kind: 'refuse', reason: 'reservation' }]
  ] as const)('%s', (_, of, cumulative, plan) => {
    expect(planVoucher({ ...consumer, ...of }, cumulative)).toEqual(plan)
  })
})

describe('a host and a consumer who deal by these plans', () => {
  type Step =
    | { readonly kind: 'ask'; readonly maxPrice: bigint; readonly pays: boolean }
    | { readonly kind: 'finish'; readonly part: number; readonly inflated: boolean }
    | { readonly kind: 'sign' }
    | { readonly kind: 'look'; readonly reserved: bigint; readonly isClosing: boolean }
    | { readonly kind: 'wait'; readonly seconds: number }
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('ask'), maxPrice: fc.bigInt({ min: 0n, max: 2n * LIMIT }), pays: fc.boolean() }),
    fc.record({ kind: fc.constant('finish'), part: fc.nat(100), inflated: fc.boolean() }),
    fc.record({ kind: fc.constant('sign') }),
    fc.record({
      kind: fc.constant('look'),
      reserved: fc.bigInt({ min: 0n, max: 10n * LIMIT }),
      isClosing: fc.boolean()
    }),
    fc.record({ kind: fc.constant('wait'), seconds: fc.nat(2000) })
  )

  it('each lose less than the limit, whatever the other does, and nothing is delivered beyond the reservation', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (script) => {
        let [now, reserved, view] = [NOW, 0n, { ...escrow, reserved: 0n }]
        let [delivered, owed, vouchered] = [0n, 0n, 0n]
        const running: bigint[] = []
        const inFlight = () => running.reduce((sum, price) => sum + price, 0n)
        const signUpTo = (cumulative: bigint) => {
          const plan = planVoucher({ owed, inFlight: inFlight(), vouchered, reserved }, cumulative)
          if (plan.kind === 'sign') vouchered = plan.cumulative
          // What it pays ahead of what it owes is all that a host can run away with.
          expect(plan.kind !== 'sign' || vouchered - owed < LIMIT).toBe(true)
        }
        const start = (maxPrice: bigint, pays: boolean) => {
          const host = () => planExposure({ delivered, inFlight: inFlight(), vouchered }, view, { maxPrice, now })
          let plan = host()
          if (plan.kind === 'unpaid' && plan.cumulative !== undefined && pays) {
            // The consumer knows its own request too, at the price that it named.
            running.push(maxPrice)
            signUpTo(plan.cumulative)
            running.pop()
            plan = host()
          }
          if (plan.kind === 'serve') running.push(plan.upTo)
        }
        for (const step of script) {
          if (step.kind === 'ask') start(step.maxPrice, step.pays)
          if (step.kind === 'sign') signUpTo(owed)
          if (step.kind === 'wait') now += step.seconds
          if (step.kind === 'look') {
            // The chain never shows less than was vouchered and reserved together: releasing takes longer than claiming.
            reserved = step.reserved > reserved ? step.reserved : reserved
            view = { checkedAt: now, isClosing: step.isClosing, reserved, claimableUntil: now + 86_400 }
          }
          if (step.kind === 'finish') {
            const price = ((running.shift() ?? 0n) * BigInt(step.part)) / 100n
            delivered += price
            // A statement that the consumer does not believe is delivered all the same, in the host's books.
            if (!step.inflated) owed += price
          }
          expect(delivered).toBeLessThanOrEqual(reserved)
          expect(delivered - vouchered).toBeLessThan(LIMIT)
        }
      }),
      { numRuns: 500 }
    )
  })
})
