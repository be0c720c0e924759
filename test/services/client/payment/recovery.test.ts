import { beforeEach, describe, expect, test } from 'vitest'
import { generateEd25519, randomBytes } from '../../../../attestation/crypto.ts'
import { encodeHex } from '../../../../attestation/encoding.ts'
import { leg, PayingWorld, payee, voucherKey } from './paying-world.ts'

let w: PayingWorld
beforeEach(() => {
  w = new PayingWorld()
})

const name = encodeHex(payee)
const room = () => ({ maxPrice: 1n, isPatient: false, until: AbortSignal.timeout(20) })

/** What a client signs next, when it owes 500 more. */
async function signsNext(): Promise<bigint | undefined> {
  const payments = w.open()
  payments.owe(leg, w.statement(500n))
  await payments.idle()
  return w.sums().at(-1)
}

describe('a consumer that has lost its vouchers', () => {
  test('goes on above the greatest that the market has of it', async () => {
    w.kept = [w.voucher(1000n), w.voucher(3000n), w.voucher(2000n)]
    expect(await signsNext()).toBe(3500n)
    expect(w.events).toContainEqual({ kind: 'vouchers-recovered', payee: name, cumulative: 3000n })
    expect(w.files.get(name)).toMatchObject({ vouchered: 3500n, cover: { owed: 3500n } })
  })

  test('knows what its first key signed, after a change of it', async () => {
    w.kept = [w.voucher(3000n, voucherKey)]
    w.signing = generateEd25519()
    expect(await signsNext()).toBe(3500n)
  })

  test.each([
    ['somebody else signed', () => w.voucher(10n ** 9n, generateEd25519())],
    ['is for another payee', () => w.voucher(10n ** 9n, voucherKey, randomBytes(32))],
    ['is no voucher', () => randomBytes(191)],
    ['is cut off', () => w.voucher(10n ** 9n).subarray(1)]
  ])('believes nothing that %s', async (_, make) => {
    w.kept = [make()]
    expect(await signsNext()).toBe(500n)
  })

  test('signs less than before where the market withholds them, and all of it once it does not', async () => {
    w.kept = []
    expect(await signsNext()).toBe(500n)
    w.kept = [w.voucher(3000n)]
    w.status = { reason: 'credit', cumulative: 3500n, vouchered: 3000n }
    const payments = w.open()
    using _ = payments.begin(500n)
    await payments.settle([leg], room())
    expect(w.sums().at(-1)).toBe(3500n)
  })

  test('begins nothing while the market is out of reach: later it would not know that it has lost any', async () => {
    w.kept = undefined
    expect(await signsNext()).toBeUndefined()
    expect(w.files.size).toBe(0)
    expect(w.refusals()).toEqual([expect.stringContaining('UNAVAILABLE')])
  })
})

test('an older copy of the folder is brought up to what the market has, when a host has more', async () => {
  expect(await signsNext()).toBe(500n)
  w.kept = [w.voucher(7000n)]
  w.status = { reason: 'credit', cumulative: 6000n, vouchered: 7000n }
  await w.open().settle([leg], room())
  expect(w.sums().at(-1)).toBe(7000n)
})

test('what a host says that it has been given makes nobody sign', async () => {
  expect(await signsNext()).toBe(500n)
  w.status = { reason: 'credit', cumulative: 7500n, vouchered: 7000n }
  await w.open().settle([leg], room())
  expect(w.sums()).toEqual([500n])
  expect(w.refusals()).toEqual([expect.stringContaining('not owed')])
})
