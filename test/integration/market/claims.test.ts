import { type Address, type Cell, internal } from '@ton/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { depositAndReserve, readEscrow } from '../../../contracts/escrow/consumer.ts'
import { encodeAskClose, encodeAskRelease, encodeChangeKey } from '../../../contracts/escrow/messages.ts'
import { accountOf, type EscrowTerms, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { createSigningKey, readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { startClaimer } from '../../../services/market/vouchers/claimer.ts'
import { type EscrowFacts, lookUpEscrow } from '../../../services/market/vouchers/escrows.ts'
import { createVoucherStore, type VoucherStore } from '../../../services/market/vouchers/store.ts'
import { takeVoucher } from '../../../services/market/vouchers/take.ts'
import { createBell } from '../../../services/runtime/bell.ts'
import type { Database } from '../../../services/runtime/database.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { startTestChain, temporaryFolder } from '../../contracts/local-chain/world.ts'
import { openTestDatabase } from '../../fakes/database.ts'

const TON = 1_000_000_000n
const voucherKey = generateEd25519()
const newKey = (): SigningKey => createSigningKey(randomBytes(32))

interface World {
  readonly chain: Chain
  readonly database: Database
  readonly store: VoucherStore
  readonly terms: EscrowTerms
  readonly market: SigningKey
  readonly payee: Address
  voucher(cumulative: bigint, by?: PrivateKey): Uint8Array
  take(voucher: Uint8Array, through?: Chain, now?: () => Date): Promise<void>
  paid(): Promise<bigint>
  /** The consumer's message to the escrow. */
  tell(body: Cell): Promise<unknown>
  changeKey(to: PrivateKey): Promise<unknown>
}

let w: World

beforeEach(async () => {
  const folder = temporaryFolder()
  const service = await startTestChain(folder)
  const chain = openChain({ network: 'local', endpoint: service.endpoint })
  const database = await openTestDatabase()
  const [consumer, market, payeeKey] = [newKey(), newKey(), newKey()]
  const give = [consumer, market].map((key) =>
    internal({ to: walletOf(chain, key).address, value: '3', bounce: false })
  )
  await sendAndWait(chain, readKeyFile(`${folder}/faucet.key`), give)
  const terms: EscrowTerms = {
    consumer: walletOf(chain, consumer).address,
    market: walletOf(chain, market).address,
    ...{ feeShare: 500, delay: 86_400, firstVoucherKey: ed25519PublicBytes(voucherKey), nonce: 1n },
    network: chain.networkId
  }
  const payee = walletOf(chain, payeeKey).address
  const reservations = [{ payee, reserved: TON / 2n }]
  await depositAndReserve(chain, consumer, terms, { deposit: TON, reservations })
  const address = escrowAddress(terms)
  const store = createVoucherStore(database)
  const context = { store, logger: silentLogger, taken: () => {} }
  const tell = async (body: Cell): Promise<void> => {
    const before = await chain.account(address)
    const isSeen = async () => Buffer.compare((await chain.account(address)).data!, before.data!) !== 0
    await sendAndWait(chain, consumer, [internal({ to: address, value: '0.1', body })])
    await expect.poll(isSeen).toBe(true)
    // As the market does every five minutes.
    const seen = await store.readFacts(accountOf(address))
    if (seen !== undefined)
      await store.writeFacts(accountOf(address), await lookUpEscrow(chain, accountOf(address), new Date()))
  }
  w = {
    ...{ chain, database, store, terms, market, payee },
    voucher: (cumulative, by = voucherKey) =>
      signVoucher(
        { escrow: accountOf(address), payee: accountOf(payee), cumulative, usageRoot: new Uint8Array(32) },
        by
      ),
    take: (voucher, through = chain, now = () => new Date()) =>
      takeVoucher(
        { voucher, covered: [] },
        { ...context, now, look: (escrow) => lookUpEscrow(through, escrow, now()) }
      ),
    tell,
    changeKey: (to) => tell(encodeChangeKey(ed25519PublicBytes(to))),
    paid: async () => {
      const state = await readEscrow(chain, address)
      return state?.kind === 'open' ? (state.payees.get(accountOf(payee).toString('hex'))?.paid ?? 0n) : -1n
    }
  }
})

/** A claimer until it is disposed: of another process each time, and with a chain or store that may fail. */
function claimer({ chain = w.chain, store = w.store, threshold = 1n, now = () => new Date() } = {}): AsyncDisposable {
  const see = async (escrow: Uint8Array): Promise<EscrowFacts> => {
    const facts = await lookUpEscrow(chain, escrow, now())
    await store.writeFacts(escrow, facts)
    return facts
  }
  const { database, market: key } = w
  const context = { database, store, chain, key, see, threshold, pollMs: 20, bell: createBell() }
  return startClaimer({ ...context, now, logger: silentLogger })
}

const unreachable = new ContractError('CHAIN_UNAVAILABLE', 'down')
const down = (): Chain => ({ ...w.chain, account: () => Promise.reject(unreachable) })
const best = async () => (await w.store.list({ payee: accountOf(w.payee) }))[0]?.cumulative
const sums = async () => (await w.store.list({ payee: accountOf(w.payee) })).map((one) => one.cumulative).sort()
const settled = async () =>
  (await w.store.readOpenClaim(walletOf(w.chain, w.market).address.toRawString())) === undefined
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
    ['one that is cut off', () => w.voucher(1n).subarray(1), 'VOUCHER_MALFORMED'],
    ['one beyond what a row holds', () => w.voucher(2n ** 63n), 'ARGUMENT_INVALID']
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

  test('no more than what is reserved', async () => {
    await using _ = claimer()
    await w.take(w.voucher(TON))
    await expect.poll(w.paid, { timeout: 10_000 }).toBe(TON / 2n)
  })

  test.each<readonly [string, () => { readonly chain?: Chain; readonly store?: VoucherStore }]>([
    ['before the message is stored', () => ({ store: { ...w.store, insertClaim: fail } })],
    ['between storing and sending', () => ({ chain: { ...w.chain, sendBoc: fail } })],
    [
      'after sending, before it hears',
      () => ({ chain: { ...w.chain, sendBoc: async (boc) => w.chain.sendBoc(boc).then(fail) } })
    ],
    ['before what became of it is stored', () => ({ store: { ...w.store, settleClaim: fail } })]
  ])('once, killed %s', async (_, broken) => {
    await w.take(w.voucher(3_000_000n))
    {
      await using _first = claimer(broken())
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
    await using _second = claimer()
    await expect.poll(w.paid, { timeout: 15_000 }).toBe(3_000_000n)
    await expect.poll(settled, { timeout: 15_000 }).toBe(true)
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

async function fail(): Promise<never> {
  throw new ContractError('CHAIN_UNAVAILABLE', `killed ${encodeHex(randomBytes(2))}`)
}
