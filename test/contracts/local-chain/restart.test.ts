import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { internal, SendMode } from '@ton/core'
import { expect, test } from 'vitest'
import { createSigningKey } from '../../../contracts/key-file.ts'
import { digestAccounts } from '../../../contracts/local-chain/accounts.ts'
import { MOST_TIPS } from '../../../contracts/local-chain/ledger.ts'
import { type LocalChain, openLocalChain } from '../../../contracts/local-chain/local-chain.ts'
import { proveAccount } from '../../../contracts/local-chain/proofs.ts'
import { verifyAccountState } from '../../../contracts/state-proof/verify.ts'
import { createWallet } from '../../../contracts/wallet.ts'
import { addressOf, faucetPayment, temporaryFolder } from './world.ts'

const open = (folder: string, now: () => number = Date.now): Promise<LocalChain> =>
  openLocalChain({ folder, now, randomSeed: () => randomBytes(32) })

/** Everything that a client can see of a chain. */
function describeChain(chain: LocalChain, names: readonly string[]) {
  const { accounts, ...tip } = chain.tip
  const keys = [chain.faucet.address, ...names.map(addressOf)].map(({ hash }) => hash)
  return {
    tip,
    accounts: digestAccounts(accounts),
    transactions: keys.map((key) => chain.ledger.transactionsOf(key)),
    proofs: keys.map((key) => proveAccount(chain, chain.tip, key)),
    oldest: chain.ledger.tipAt(tip.master.seqno - MOST_TIPS + 1)?.master
  }
}

test('a chain that is opened again is the one that was closed, however long it is', async () => {
  const folder = temporaryFolder()
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  let before: ReturnType<typeof describeChain>
  {
    await using chain = await open(folder)
    for (const [seqno, name] of names.slice(0, 4).entries())
      await chain.send(faucetPayment(chain, seqno, addressOf(name)))
    // Enough that the first blocks are no longer among those at which states are proven.
    for (let count = 0; count < MOST_TIPS; count += 1) await chain.tick()
    for (const [index, name] of names.slice(4).entries())
      await chain.send(faucetPayment(chain, 4 + index, addressOf(name)))
    before = describeChain(chain, names)
  }
  await using again = await open(folder)
  expect(describeChain(again, names)).toEqual(before)
  await again.send(faucetPayment(again, names.length, addressOf('after')))
  const { rootHash } = again.tip.master
  const proof = proveAccount(again, again.tip, addressOf('a').hash)
  expect(verifyAccountState(addressOf('a'), { rootHash, networkId: -4242 }, proof).account?.balance).toBe(10n ** 9n)
}, 60_000)

test("a block's time never goes back, though the machine's clock does", async () => {
  const folder = temporaryFolder()
  let now = 2_000_000_000_000
  await using chain = await open(folder, () => now)
  now -= 1_000_000
  await chain.tick()
  expect(chain.tip.master.genUtime).toBe(2_000_000_000)
  now += 1_005_000
  await chain.tick()
  expect(chain.tip.master.genUtime).toBe(2_000_000_005)
})

test('a journal whose faucet has another key is refused', async () => {
  const folder = temporaryFolder()
  await (await open(folder))[Symbol.asyncDispose]()
  rmSync(join(folder, 'faucet.key'))
  await expect(open(folder)).rejects.toMatchObject({ code: 'JOURNAL_FOREIGN' })
})

test('messages that come at once share blocks, and each sender hears of its own', async () => {
  await using chain = await open(temporaryFolder())
  const seqno = chain.tip.master.seqno
  const sent = [0, 1, 1, 2, 3, 9].map((wanted) => chain.send(faucetPayment(chain, wanted, addressOf('x'))))
  const results = await Promise.allSettled(sent)
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true, false])
  expect(chain.tip.master.seqno).toBeLessThan(seqno + 4)
  expect(chain.ledger.transactionsOf(chain.faucet.address.hash)).toHaveLength(4)
})

test('an account that destroys itself is proven to be gone, also after a restart', async () => {
  const folder = temporaryFolder()
  const { publicKey, sign } = createSigningKey(Buffer.alloc(32, 5))
  const wallet = createWallet({ publicKey, sign, networkId: -4242 })
  const check = (chain: LocalChain): void => {
    const { rootHash } = chain.tip.master
    const proof = proveAccount(chain, chain.tip, wallet.address.hash)
    expect(verifyAccountState(wallet.address, { rootHash, networkId: -4242 }, proof).account).toBeUndefined()
    expect(chain.ledger.transactionsOf(wallet.address.hash)).toHaveLength(2)
  }
  {
    await using chain = await open(folder)
    await chain.send(faucetPayment(chain, 0, wallet.address))
    const everything = internal({ to: chain.faucet.address, value: 0n, bounce: false })
    const sendMode = SendMode.CARRY_ALL_REMAINING_BALANCE | SendMode.DESTROY_ACCOUNT_IF_ZERO | SendMode.IGNORE_ERRORS
    await chain.send(wallet.transfer({ seqno: 0, validUntil: 0xffffffff, messages: [everything], sendMode }))
    check(chain)
  }
  await using again = await open(folder)
  check(again)
})
