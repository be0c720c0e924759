import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { signCovered } from '../../../attestation/receipt/cover.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { encodeAskClose, encodeAskRelease } from '../../../contracts/escrow/messages.ts'
import { accountOf, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { walletOf } from '../../../contracts/send.ts'
import { lookUpEscrow } from '../../../services/market/vouchers/escrows.ts'
import { takeVoucher } from '../../../services/market/vouchers/take.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { CRASHES, openClaimsWorld, startClaimerOf, TON, voucherKey, type Wish, type World } from './claims-world.ts'

let w: World
beforeEach(async () => {
  w = await openClaimsWorld()
})
const claimer = (wish: Wish = {}) => startClaimerOf(w, wish)

const unreachable = new ContractError('CHAIN_UNAVAILABLE', 'down')
const down = (): Chain => ({ ...w.chain, account: () => Promise.reject(unreachable) })
const best = async () => (await w.store.list({ payee: accountOf(w.payee) }))[0]?.cumulative
const sums = async () => (await w.store.list({ payee: accountOf(w.payee) })).map((one) => one.cumulative).sort()
const payouts = async () => (await w.chain.transactions(w.payee, { limit: 100 })).length

describe('the market keeps', () => {
  test('the best voucher of an escrow and payee, in whatever order they come', async () => {
    for (const sum of [100n, 300n, 200n]) await w.take(w.voucher(sum))
    expect(await best()).toBe(300n)
  })

  test.each([
    [
      'one that its escrow did not sign',
      () => signVoucher({ ...fields(), cumulative: 1n }, generateEd25519()),
      'VOUCHER_REFUSED'
    ],
    [
      'one of an escrow that is not there',
      () => signVoucher({ ...fields(), escrow: randomBytes(32), cumulative: 1n }, voucherKey),
      'UNPAID'
    ],
    [
      'one for a payee that nothing is reserved for',
      () => signVoucher({ ...fields(), payee: randomBytes(32), cumulative: 1n }, voucherKey),
      'UNPAID'
    ],
    ['one that is cut off', () => w.voucher(1n).subarray(1), 'VOUCHER_MALFORMED']
  ])('never %s', async (_, make, code) => {
    await expect(w.take(make())).rejects.toMatchObject({ code })
    expect(await best()).toBeUndefined()
  })

  test('vouchers of an escrow that it has seen while the chain is out of reach, and none of another', async () => {
    await expect(w.take(w.voucher(50n), down())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await w.take(w.voucher(100n))
    await w.take(w.voucher(200n), down())
    expect(await best()).toBe(200n)
  })
})

describe('what a voucher covers', () => {
  let looks = 1
  beforeEach(() => {
    looks = 1
  })
  const covered = [1n, 2n].map((seq) => ({ epoch: new Uint8Array(16), seq }))
  const rows = async (): Promise<number> =>
    (await sql`select from voucher_statements`.execute(w.database.sql)).rows.length
  const bring = (voucher: Uint8Array, coveredSignature: Uint8Array, places = covered) => {
    const look = (escrow: Uint8Array) => lookUpEscrow(w.chain, escrow, new Date())
    const mayLook = (): boolean => looks-- > 0
    const context = { store: w.store, look, mayLook, now: () => new Date(), logger: silentLogger, taken: () => {} }
    return takeVoucher({ voucher, covered: places, coveredSignature }, context)
  }

  test('is what its consumer signed, and nothing that anybody says who brings it', async () => {
    const voucher = w.voucher(100n)
    await bring(voucher, new Uint8Array(0))
    await bring(voucher, signCovered(voucher, covered, generateEd25519()))
    await bring(voucher, signCovered(w.voucher(99n), covered, voucherKey))
    await bring(voucher, signCovered(voucher, covered.slice(1), voucherKey))
    expect([await best(), await rows()]).toEqual([100n, 0])
    await bring(voucher, signCovered(voucher, covered, voucherKey))
    expect(await rows()).toBe(2)
  })

  test('and what it pays, is taken on where nobody may look for strangers, of an escrow that is known', async () => {
    await bring(w.voucher(100n), new Uint8Array(0))
    const made = signVoucher({ ...fields(), escrow: randomBytes(32), cumulative: 1n }, voucherKey)
    const forged = signVoucher({ ...fields(), cumulative: 200n }, generateEd25519())
    for (const one of [made, forged]) {
      await expect(bring(one, new Uint8Array(0))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    }
    await bring(w.voucher(300n), new Uint8Array(0))
    expect(await best()).toBe(300n)
  })
})

describe('while an escrow changes its voucher key, the market', () => {
  const newKey = generateEd25519()
  const DAY_MS = 86_400_000
  const afterwards = (): Date => new Date(Date.now() + DAY_MS + 60_000)

  test('takes vouchers by both keys, and by the old one none after its end', async () => {
    await w.take(w.voucher(100n))
    await w.changeKey(newKey)
    await w.take(w.voucher(200n))
    await w.take(w.voucher(150n, newKey))
    expect(await sums()).toEqual([150n, 200n])
    await expect(w.take(w.voucher(300n), w.chain, afterwards)).rejects.toMatchObject({ code: 'VOUCHER_REFUSED' })
    await w.take(w.voucher(250n, newKey), w.chain, afterwards)
    expect(await sums()).toEqual([200n, 250n])
  })

  test('claims what the old key signed before its end, be it below the threshold', async () => {
    await w.take(w.voucher(6_000_000n))
    await w.changeKey(newKey)
    await using _ = claimer({ threshold: TON / 10n })
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(6_000_000n)
  })

  test('sends no claim that the escrow would refuse, and claims what the new key says of the same sum', async () => {
    await w.take(w.voucher(6_000_000n))
    await w.changeKey(newKey)
    await using _ = claimer({ now: afterwards })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await payouts()).toBe(0)
    await w.take(w.voucher(6_000_000n, newKey))
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(6_000_000n)
    expect(await payouts()).toBe(1)
  })
})

test('the market signs no claim that may come after the end of what it claims', async () => {
  await w.take(w.voucher(6_000_000n))
  await w.tell(encodeAskRelease(w.payee, 0n))
  await using _claims = claimer({ now: () => new Date(Date.now() + 86_400_000 - 5 * 60_000) })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await w.settled()).toBe(true)
  expect(await w.paid()).toBe(0n)
})

test.each([
  ['closes', encodeAskClose],
  ['takes a reservation back', () => encodeAskRelease(w.payee, 0n)]
])('the market claims what is below the threshold once the consumer %s', async (_, message) => {
  await w.take(w.voucher(6_000_000n))
  await w.tell(message())
  await using _claims = claimer({ threshold: TON / 10n })
  await expect.poll(w.paid, { timeout: 10_000 }).toBe(6_000_000n)
})

describe('the market claims', () => {
  test('what is worth it, once, and what comes later', async () => {
    await using _ = claimer({ threshold: 1_000_000n })
    await w.take(w.voucher(999_999n))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await w.paid()).toBe(0n)
    await w.take(w.voucher(2_000_000n))
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(2_000_000n)
    await w.take(w.voucher(5_000_000n))
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(5_000_000n)
    expect(await payouts()).toBe(2)
  })

  test.each([TON, 2n ** 63n, 2n ** 128n - 1n])('no more than what is reserved by a voucher of %i', async (sum) => {
    await using _ = claimer()
    await w.take(w.voucher(sum))
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(TON / 2n)
  })

  test.each(CRASHES)('once, killed %s', async (_, broken) => {
    await w.take(w.voucher(3_000_000n))
    {
      await using _first = claimer(broken(w))
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
    await using _second = claimer()
    await expect.poll(w.paid, { timeout: 15_000 }).toBe(3_000_000n)
    await expect.poll(w.settled, { timeout: 15_000 }).toBe(true)
    expect(await payouts()).toBe(1)
    const wallet = walletOf(w.chain, w.market)
    expect((await w.chain.getMethod(wallet.address, 'seqno')).readNumber()).toBe(1)
  })

  test('nothing for a voucher that comes again', async () => {
    await w.take(w.voucher(3_000_000n))
    await using _ = claimer()
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(3_000_000n)
    await w.take(w.voucher(3_000_000n))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await payouts()).toBe(1)
  })
})

function fields() {
  return { escrow: accountOf(escrowAddress(w.terms)), payee: accountOf(w.payee), usageRoot: new Uint8Array(32) }
}
