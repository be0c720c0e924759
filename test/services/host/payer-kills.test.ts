import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519 } from '../../../attestation/crypto.ts'
import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import type { EscrowSight, PayerAccount } from '../../../services/host/payer-account.ts'
import type { PayerRecord } from '../../../services/host/payer-memory.ts'
import {
  account,
  ask,
  DAY,
  type Disk,
  NOW,
  serveUntilUnpaid,
  sight,
  upTo,
  voucher,
  voucherKey
} from '../../fakes/payer-account.ts'

const { credit } = EXPOSURE_LIMITS

describe('a host that is killed loses at most', () => {
  test('by a client that shows its old vouchers to a host that has lost its disk: the limit again', () => {
    const old = [10_000_000n, 20_000_000n, 400_000_000n].map((sum) => voucher(sum))
    const again = account(sight({ paid: 10_000_000n }), old)
    for (const one of old) again.take(one)
    expect(serveUntilUnpaid(again, 1_000_000n)).toBe(49_000_000n)
  })

  test('by a disk that was set back: a limit more, whatever was delivered since', () => {
    const disk: Disk = { record: { delivered: 1n, unsettled: 0n, vouchers: [] } }
    const again = account(sight({ paid: 10n ** 9n, reserved: 10n ** 10n }), [], disk)
    expect(serveUntilUnpaid(again, 1_000_000n)).toBe(99_000_000n)
  })
})

describe('what was under way when a host was killed', () => {
  const killed = (more: Partial<PayerRecord>): PayerAccount =>
    account(sight(), [], {
      record: { delivered: 60_000_000n, unsettled: 40_000_000n, vouchers: [voucher(60_000_000n)], ...more }
    })

  test('weighs on the credit', () => {
    expect(killed({}).admit(ask(9_999_999n))).toEqual({ kind: 'serve', upTo: 9_999_999n })
    expect(killed({}).admit(ask(10_000_000n)).kind).toBe('unpaid')
  })

  test('is forgiven as its payer vouchers as much again', () => {
    const payer = killed({})
    payer.take(voucher(90_000_000n))
    expect(payer.standing(ask(0n))).toMatchObject({ delivered: 60_000_000n, vouchered: 90_000_000n })
    expect(payer.admit(ask(70_000_000n)).kind).toBe('unpaid')
    payer.take(voucher(100_000_000n))
    expect(payer.admit(ask(89_999_999n))).toEqual({ kind: 'serve', upTo: 89_999_999n })
  })

  test('takes nothing from the reservation', () => {
    const record = { delivered: 5n, unsettled: 40_000_000n, vouchers: [voucher(5n)] }
    expect(upTo(account(sight({ reserved: 1_000_000n }), [], { record }), 999_995n)).toBe(999_995n)
  })

  test('weighs no more than the whole credit, whatever was paid ahead', () => {
    const payer = killed({ unsettled: 10n ** 12n })
    const plan = payer.admit(ask(2n))
    expect(plan).toEqual({ kind: 'unpaid', reason: 'credit', cumulative: 60_000_001n })
    payer.take(voucher(60_000_001n))
    expect(upTo(payer, 2n)).toBe(2n)
  })

  test('is not forgiven for a sum that another key signed before', () => {
    const newKey = generateEd25519()
    const both: EscrowSight = {
      ...sight(),
      voucherKeys: [ed25519PublicBytes(newKey), voucherKey],
      view: () => ({ checkedAt: NOW, isClosing: false, reserved: 10n ** 9n, claimableUntil: NOW + DAY })
    }
    const record = { delivered: 60_000_000n, unsettled: 40_000_000n, vouchers: [voucher(60_000_000n)] }
    const payer = account(both, [], { record })
    payer.take(voucher(60_000_000n, newKey))
    expect(payer.admit(ask(10_000_000n)).kind).toBe('unpaid')
  })

  test('is what no relay has the statement of', () => {
    const disk: Disk = { record: undefined }
    const payer = account(sight(), [], disk)
    const stored = payer.settle(upTo(payer, 9n), 5n)
    payer.settle(upTo(payer, 9n), 6n)
    upTo(payer, 7n)
    expect(disk.record).toMatchObject({ delivered: 0n, unsettled: 5n + 6n + 7n })
    stored()
    expect(disk.record).toMatchObject({ delivered: 5n, unsettled: 6n + 7n })
  })

  test('keeps no payer out that signs for what it asks, however often it happens', () => {
    const disk: Disk = { record: undefined }
    let owed = 0n
    for (let kills = 0; kills < 50; kills++) {
      const payer = account(sight({ reserved: 10n ** 12n }), [], disk)
      for (const price of [20_000_000n, 10_000_000n, 1_000_000n]) {
        const plan = payer.admit(ask(price))
        if (plan.kind === 'unpaid') {
          // A consumer signs for what it owes and what it asks for, and no further.
          expect(plan.cumulative).toBeLessThanOrEqual(owed + price)
          payer.take(voucher(plan.cumulative ?? 0n))
          upTo(payer, price)
        }
        // The last of them is under way at the kill; the one before leaves no statement.
        if (price === 20_000_000n) {
          payer.settle(price, price)()
          owed += price
        } else if (price === 10_000_000n) payer.settle(price, price)
      }
    }
  })
})

const RESERVED = 10n ** 12n

type Step =
  | { readonly kind: 'ask'; readonly maxPrice: bigint }
  /** An answer ends; a relay stores its statement or keeps that to itself. */
  | { readonly kind: 'end'; readonly part: bigint; readonly stored: boolean }
  /** The client signs for a part of what it has statements of, and in advance. */
  | { readonly kind: 'voucher'; readonly part: bigint; readonly ahead: bigint }
  | { readonly kind: 'claim' }
  /** The market withholds its vouchers, or tells an old one. */
  | { readonly kind: 'kill'; readonly told: 'nothing' | 'first' | 'best' }

const part = fc.bigInt(0n, 100n)
const stepsOf = (ahead: bigint): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof<fc.Arbitrary<Step>[]>(
      fc.record({ kind: fc.constant('ask' as const), maxPrice: fc.bigInt(0n, 60_000_000n) }),
      fc.record({ kind: fc.constant('end' as const), part, stored: fc.boolean() }),
      fc.record({ kind: fc.constant('voucher' as const), part, ahead: fc.bigInt(0n, ahead) }),
      fc.record({ kind: fc.constant('claim' as const) }),
      fc.record({ kind: fc.constant('kill' as const), told: fc.constantFrom('nothing', 'first', 'best') })
    ),
    { maxLength: 80 }
  )

/** A host, what it gave away, and what it has to show for it. Every answer under way at a kill went out whole, uncounted. */
class Cheated {
  /** nanoTON. */
  given = 0n
  stated = 0n
  vouchered = 0n
  kills = 0
  readonly #disk: Disk = { record: undefined }
  #paid = 0n
  #vouchers: Uint8Array[] = []
  #running: bigint[] = []
  #payer = this.#start([])

  take(step: Step): void {
    if (step.kind === 'claim') this.#paid = this.vouchered
    if (step.kind === 'kill') this.#kill(step.told)
    if (step.kind === 'end') this.#end(step)
    if (step.kind === 'voucher') this.#sign((this.stated * step.part) / 100n + step.ahead)
    if (step.kind !== 'ask') return
    const plan = this.#payer.admit(ask(step.maxPrice))
    if (plan.kind === 'serve') this.#running.push(plan.upTo)
  }

  #end({ part: used, stored }: Step & { readonly kind: 'end' }): void {
    const upTo = this.#running.shift()
    if (upTo === undefined) return
    const price = (upTo * used) / 100n
    const tell = this.#payer.settle(upTo, price)
    this.given += price
    if (!stored) return
    this.stated += price
    tell()
  }

  #sign(cumulative: bigint): void {
    if (cumulative <= this.vouchered) return
    this.vouchered = cumulative
    const signed = voucher(cumulative)
    this.#vouchers.push(signed)
    this.#payer.take(signed)
  }

  #kill(told: 'nothing' | 'first' | 'best'): void {
    this.kills++
    this.given += this.#running.reduce((sum, upTo) => sum + upTo, 0n)
    this.#running = []
    this.#payer = this.#start({ nothing: [], first: this.#vouchers.slice(0, 1), best: this.#vouchers.slice(-1) }[told])
  }

  #start(known: readonly Uint8Array[]): PayerAccount {
    return account(sight({ paid: this.#paid, reserved: RESERVED }), known, this.#disk)
  }
}

function cheat(ahead: bigint, check: (host: Cheated) => void): void {
  fc.assert(
    fc.property(stepsOf(ahead), (steps) => {
      const host = new Cheated()
      for (const step of steps) {
        host.take(step)
        check(host)
      }
    }),
    { numRuns: 1000 }
  )
}

test('whatever is asked, signed, withheld and killed, what has a statement stays below the limit beyond the best voucher', () => {
  cheat(credit - 1n, ({ stated, vouchered }) => expect(stated - vouchered).toBeLessThan(credit))
})

test('who signs nothing gets less than the limit in all, and who signs late as much again as it signs for', () => {
  cheat(0n, ({ given, vouchered }) => expect(given - vouchered).toBeLessThan(credit + vouchered))
})

test('who signs ahead gets no more than one limit a kill that nobody states', () => {
  cheat(credit - 1n, ({ given, vouchered, kills }) =>
    expect(given - vouchered).toBeLessThan(credit * BigInt(1 + kills))
  )
})
