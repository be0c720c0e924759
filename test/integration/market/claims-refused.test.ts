import { internal } from '@ton/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { depositAndReserve } from '../../../contracts/escrow/consumer.ts'
import { encodeClaim } from '../../../contracts/escrow/messages.ts'
import { accountOf, addressOf, type EscrowTerms, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { openClaimsWorld, startClaimerOf, TON, voucherKey, type World } from './claims-world.ts'

let w: World
beforeEach(async () => {
  w = await openClaimsWorld()
})

const baitPayee = addressOf(randomBytes(32))

/** A voucher of somebody else's escrow, for more than what any other is owed. */
async function bait(change: Partial<EscrowTerms> = {}): Promise<{ terms: EscrowTerms; voucher: Uint8Array }> {
  const terms = { ...w.terms, consumer: walletOf(w.chain, w.market).address, nonce: 2n, ...change }
  const reservations = [{ payee: baitPayee, reserved: TON }]
  await depositAndReserve(w.chain, w.market, terms, { deposit: TON + TON / 4n, reservations })
  const accounts = { escrow: accountOf(escrowAddress(terms)), payee: accountOf(baitPayee) }
  return { terms, voucher: signVoucher({ ...accounts, cumulative: TON, usageRoot: new Uint8Array(32) }, voucherKey) }
}

/** The chain as it was before the bait was paid, as far as that is concerned: a claim of it is refused. */
async function chainBehind(terms: EscrowTerms, voucher: Uint8Array): Promise<Chain & { later: number }> {
  const address = escrowAddress(terms)
  const before = await w.chain.account(address)
  await sendAndWait(w.chain, w.market, [internal({ to: address, value: '0.05', body: encodeClaim(voucher) })])
  await expect.poll(async () => (await w.chain.account(baitPayee)).balance).toBeGreaterThan(0n)
  const chain = {
    ...w.chain,
    later: 0,
    account: async (asked: typeof address) => (asked.equals(address) ? before : w.chain.account(asked)),
    latestBlock: async () => {
      const block = await w.chain.latestBlock()
      return { ...block, genUtime: block.genUtime + chain.later }
    }
  }
  return chain
}

const seqno = async (): Promise<number> =>
  (await w.chain.getMethod(walletOf(w.chain, w.market).address, 'seqno')).readNumber()

describe('a claim that its escrow refuses', () => {
  test('holds up the others for a minute, and does not come before them again', async () => {
    const { terms, voucher } = await bait()
    const chain = await chainBehind(terms, voucher)
    await w.take(w.voucher(3_000_000n), chain)
    await w.take(voucher, chain)
    const before = await seqno()
    await using _ = startClaimerOf(w, { chain })
    await expect.poll(seqno, { timeout: 10_000 }).toBe(before + 1)
    expect(await w.paid()).toBe(0n)
    chain.later = 90
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(3_000_000n)
    await expect.poll(w.settled).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await seqno()).toBe(before + 2)
  })
})

test('no voucher is taken of an escrow that can be closed, or release, while a claim is on its way', async () => {
  const { voucher } = await bait({ delay: 3600 })
  await expect(w.take(voucher)).rejects.toMatchObject({ code: 'UNPAID', message: expect.stringContaining('3600 s') })
})

test('an escrow that is there no more, as after a chain was set back, holds up no other', async () => {
  const { terms, voucher } = await bait()
  await w.take(voucher)
  await w.take(w.voucher(3_000_000n))
  const chain: Chain = {
    ...w.chain,
    account: async (asked) =>
      asked.equals(escrowAddress(terms)) ? { status: 'uninitialized', balance: 0n } : w.chain.account(asked)
  }
  await using _ = startClaimerOf(w, { chain, now: () => new Date(Date.now() + 6 * 60_000) })
  await expect.poll(w.paid, { timeout: 10_000 }).toBe(3_000_000n)
})
