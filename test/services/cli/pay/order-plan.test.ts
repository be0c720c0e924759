import { Address } from '@ton/core'
import { expect, test } from 'vitest'
import type { OpenEscrow } from '../../../../contracts/escrow/state.ts'
import { type OrderWish, planOrder } from '../../../../services/cli/pay/order-plan.ts'

const payee = (n: number): Address => new Address(0, Buffer.alloc(32, n))
const TON = 1_000_000_000n

function open(payees: number, change: Partial<OpenEscrow> = {}): OpenEscrow {
  const entries = Array.from(
    { length: payees },
    (_, n) => [payee(n).hash.toString('hex'), { reserved: TON, paid: 0n }] as const
  )
  return { kind: 'open', payees: new Map(entries), ...change } as OpenEscrow
}

const order = (change: Partial<OrderWish>) =>
  planOrder({ state: open(1), free: TON, attached: 0n, feeShare: 500, reservations: [], ...change })
const sent = (...reservations: OrderWish['reservations']) => ({ kind: 'send', reservations })

test('what is reserved already is not sent again, nor is less', () => {
  const [first, second] = [payee(0), payee(1)]
  const more = { payee: second, reserved: TON / 2n }
  expect(order({ reservations: [{ payee: first, reserved: TON }, more] })).toEqual(sent(more))
  expect(order({ reservations: [{ payee: first, reserved: 1n }] })).toEqual(sent())
})

test('what is free is enough for a raise and the fee on it, to the nanoTON', () => {
  const raise = { payee: payee(0), reserved: TON + TON / 2n }
  expect(order({ free: 525_000_000n, reservations: [raise] })).toEqual(sent(raise))
  expect(order({ free: 524_999_999n, reservations: [raise] })).toEqual({
    kind: 'refuse',
    why: expect.stringContaining('0.525 TON more are to be locked, fee included, and 0.524999999 are free')
  })
})

test('what messages bring is free for what they reserve: nothing comes with those that are not sent', () => {
  const [reserved, raise] = [
    { payee: payee(0), reserved: TON },
    { payee: payee(1), reserved: 2n }
  ]
  const wish = { feeShare: 0, free: 1n, reservations: [reserved, raise] }
  expect(order({ ...wish, attached: 1n })).toEqual(sent(raise))
  expect(order({ ...wish, attached: 1n, free: 0n })).toMatchObject({ kind: 'refuse' })
})

test.each<readonly [string, Partial<OrderWish>, string]>([
  ['that is full', { state: open(128) }, 'an escrow has 128 payees at most, not 129'],
  ['that closes', { state: open(1, { closesAt: 1 }) }, 'the escrow is closing'],
  ['that is closed', { state: { kind: 'closed' } }, 'the escrow is closed'],
  ['that is not there yet, and gets too little', { state: undefined, free: 0n }, '0.00105 TON more']
])('an escrow %s is not sent a reservation', (_, change, why) => {
  const reservations = [{ payee: payee(200), reserved: 1_000_000n }]
  expect(order({ ...change, reservations })).toEqual({ kind: 'refuse', why: expect.stringContaining(why) })
})
