import { Cell, internal, loadMessage, type MessageRelaxed, toNano } from '@ton/core'
import type { Blockchain, BlockchainTransaction } from '@ton/sandbox'
import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes, signEd25519 } from '../../../attestation/crypto.ts'
import * as say from '../../../contracts/escrow/messages.ts'
import { parseEscrow } from '../../../contracts/escrow/state.ts'
import { createWallet } from '../../../contracts/wallet.ts'
import { type Cost, costOf, type FeeYear, printCosts, TEST_NETWORK } from '../sandbox.ts'
import { openWorld, otherKey, type World } from './world.ts'

const TON = toNano('1')
const DAY = 86_400
/** Of a message's price, what is taken before it is on its way, in 2^-16. */
const TAKEN = 21_845n
const LIMITS = { claim: toNano('0.0015'), deposit: toNano('0.002'), reserve: toNano('0.002'), life: toNano('0.008') }

/** What an operation cost: the escrow's transaction, and the way of the message to it. */
function costWithWay(operation: string, year: FeeYear, transaction: BlockchainTransaction): Cost {
  const info = transaction.inMessage?.info
  if (info?.type !== 'internal') throw new TypeError('not by an internal message')
  const way = (info.forwardFee * 65_536n) / (65_536n - TAKEN)
  const { total, parts, ...cost } = costOf(operation, year, transaction)
  return { ...cost, total: total + way, parts: { ...parts, import: parts.import + way } }
}

/** Each operation once, in the life of an escrow. */
async function liveOnce(year: FeeYear): Promise<readonly Cost[]> {
  const { send, consumer, market, payee, stranger, escrow, voucher, wait } = await openWorld(year)
  const costs: Cost[] = []
  const does = async (operation: string, ...message: Parameters<World['send']>) => {
    const { exit, transaction } = await send(...message)
    expect([operation, exit]).toEqual([operation, 0])
    costs.push(costWithWay(operation, year, transaction))
  }
  const order = say.encodeReserve(payee.address, TON / 10n)
  await does('deploy, deposit and reserve', consumer, order, { value: TON, init: escrow.init })
  await does('deposit', consumer, undefined)
  await does('reserve: raise', consumer, say.encodeReserve(payee.address, TON / 5n))
  await does('reserve: second payee', consumer, say.encodeReserve(stranger.address, TON / 10n))
  await does('claim', payee, say.encodeClaim(voucher(payee.address, TON / 20n)))
  await does('claim by another', market, say.encodeClaim(voucher(stranger.address, TON / 20n)))
  await does('ask for a release', consumer, say.encodeAskRelease(payee.address, TON / 10n))
  await does('change the key', consumer, say.encodeChangeKey(ed25519PublicBytes(otherKey)))
  await does('claim while the key changes', payee, say.encodeClaim(voucher(payee.address, TON / 10n)))
  await does('collect the fee', market, say.encodeCollectFee())
  wait(DAY)
  await does('release', consumer, say.encodeRelease(payee.address))
  await does('ask to close', consumer, say.encodeAskClose())
  wait(DAY)
  await does('close', consumer, say.encodeClose())
  return costs
}

/** A wallet of version 5 that is deployed and has 2 TON. */
async function openWallet(chain: Blockchain, seed: number) {
  const key = ed25519PrivateKey(new Uint8Array(32).fill(seed))
  const wallet = createWallet({
    publicKey: ed25519PublicBytes(key),
    networkId: TEST_NETWORK,
    sign: (hash) => signEd25519(key, hash)
  })
  let seqno = 0
  const send = async (...messages: MessageRelaxed[]) => {
    const boc = wallet.transfer({ seqno, validUntil: (chain.now ?? 0) + 60, messages })
    seqno++
    return chain.sendMessage(loadMessage(Cell.fromBoc(Buffer.from(boc))[0]!.beginParse()))
  }
  const giver = await chain.treasury('giver')
  await giver.send({ to: wallet.address, value: 2n * TON, bounce: false })
  await send(internal({ to: giver.address, value: 1n, bounce: false }))
  const balance = async () => (await chain.getContract(wallet.address)).balance
  return { address: wallet.address, send, balance }
}

/** What a consumer and a payee lose from deposit to close with one claim: wallets, messages, and the rent left behind. */
async function liveWithWallets(year: FeeYear) {
  const { chain, market } = await openWorld(year)
  const [consumer, payee] = [await openWallet(chain, 11), await openWallet(chain, 12)]
  const { escrow, voucher } = await openWorld(year, { consumer: consumer.address, market: market.address })
  const to = { to: escrow.address, value: toNano('0.02'), bounce: true }
  const sum = async () => (await consumer.balance()) + (await payee.balance())
  const [before, marketBefore] = [await sum(), await market.getBalance()]
  const order = say.encodeReserve(payee.address, TON / 10n)
  await consumer.send(internal({ ...to, value: TON / 2n, init: escrow.init, body: order }))
  const held = await payee.balance()
  await payee.send(internal({ ...to, body: say.encodeClaim(voucher(payee.address, TON / 10n)) }))
  const claim = held + TON / 10n - (await payee.balance())
  await consumer.send(internal({ ...to, body: say.encodeAskClose() }))
  chain.now = (chain.now ?? 0) + DAY
  await consumer.send(internal({ ...to, body: say.encodeClose() }))
  const { balance: rent, accountState } = await chain.getContract(escrow.address)
  if (accountState?.type !== 'active') throw new Error('not closed')
  expect(parseEscrow(escrow.address, accountState.state as Parameters<typeof parseEscrow>[1])).toEqual({
    kind: 'closed'
  })
  expect(await market.getBalance()).toBeGreaterThan(marketBefore)
  return { claim, life: before - (await sum()) - TON / 200n, rent }
}

describe('the table of costs', () => {
  it('is printed, and at the fees of 2026 within what was asked', async () => {
    const costs = [...(await liveOnce(2025)), ...(await liveOnce(2026))]
    printCosts('Escrow, the way of a message to it included', costs)
    const most = (operation: string) =>
      costs.filter((cost) => cost.year === 2026 && cost.operation.includes(operation)).map(({ total }) => total)
    for (const total of most('claim')) expect(total).toBeLessThanOrEqual(LIMITS.claim)
    for (const total of most('deposit')) expect(total).toBeLessThanOrEqual(LIMITS.deposit)
    for (const total of most('reserve')) expect(total).toBeLessThanOrEqual(LIMITS.reserve)
  })

  it.each<FeeYear>([2025, 2026])('at the fees of %i: a whole life with wallets', async (year) => {
    const { claim, life, rent } = await liveWithWallets(year)
    const ton = (nano: bigint) => `${Number(nano) / 1e9} TON`
    process.stdout.write(
      `${year}: claim from a wallet ${ton(claim)}, life ${ton(life)} (of it rent left behind ${ton(rent)})\n`
    )
    if (year === 2026) expect(life).toBeLessThanOrEqual(LIMITS.life)
    if (year === 2026) expect(claim).toBeLessThanOrEqual(LIMITS.claim)
  })
})
