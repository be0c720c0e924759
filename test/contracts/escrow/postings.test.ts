import { type Address, beginCell, type Cell, internal, toNano } from '@ton/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes, randomBytes } from '../../../attestation/crypto.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { depositAndReserve, readEscrow, sendToEscrow } from '../../../contracts/escrow/consumer.ts'
import { encodeAskClose, encodeClaim, encodeClose, encodeCollectFee } from '../../../contracts/escrow/messages.ts'
import { explainTransaction, type Posting, payingParty } from '../../../contracts/escrow/postings.ts'
import { recogniseEscrow } from '../../../contracts/escrow/recognise.ts'
import { accountOf, type EscrowTerms, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { readHistory } from '../../../contracts/history.ts'
import { createSigningKey, readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import { readCell } from '../../../contracts/message.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { endlessDictionary } from '../endless-dictionary.ts'
import { addressOf, startTestChain, temporaryFolder } from '../local-chain/world.ts'

const voucherKey = ed25519PrivateKey(randomBytes(32))
const newKey = (): SigningKey => createSigningKey(randomBytes(32))

interface World {
  readonly chain: Chain
  readonly escrow: Address
  readonly consumer: SigningKey
  readonly market: SigningKey
  readonly payee: SigningKey
  readonly stranger: SigningKey
}

let w: World

beforeEach(async () => {
  const folder = temporaryFolder()
  const { endpoint } = await startTestChain(folder)
  const chain = openChain({ network: 'local', endpoint })
  const [consumer, market, payee, stranger] = [newKey(), newKey(), newKey(), newKey()]
  const give = [consumer, market, stranger].map((key) => internal({ to: at(chain, key), value: '3', bounce: false }))
  await sendAndWait(chain, readKeyFile(`${folder}/faucet.key`), give)
  const terms: EscrowTerms = {
    ...{ consumer: at(chain, consumer), market: at(chain, market), feeShare: 500, delay: 0, nonce: 1n },
    ...{ firstVoucherKey: ed25519PublicBytes(voucherKey), network: chain.networkId }
  }
  const reservations = [{ payee: at(chain, payee), reserved: toNano('0.5') }]
  await depositAndReserve(chain, consumer, terms, { deposit: toNano('1'), reservations })
  w = { chain, escrow: escrowAddress(terms), consumer, market, payee, stranger }
})

function at(chain: Chain, key: SigningKey): Address {
  return walletOf(chain, key).address
}

const address = (key: SigningKey): Address => at(w.chain, key)

const lastOf = async (account: Address) => (await w.chain.account(account)).lastTransaction?.lt

/** Until what it pays has arrived. */
async function claim(by: SigningKey, cumulative: bigint): Promise<void> {
  const [escrow, payee] = [accountOf(w.escrow), accountOf(address(w.payee))]
  const voucher = signVoucher({ escrow, payee, cumulative, usageRoot: new Uint8Array(32) }, voucherKey)
  const earned = async () => sum((await explain(address(w.payee))).postings, 'earned')
  await sendToEscrow(w.chain, by, { to: w.escrow, body: encodeClaim(voucher) }, ({ kind }) => kind === 'open')
  await expect.poll(earned).toBe(cumulative)
}

interface Letter {
  readonly value: string
  readonly body?: Cell
  readonly bounce?: boolean
}

/** Until it has arrived. */
async function send(from: SigningKey, to: Address, { value, body, bounce = false }: Letter): Promise<void> {
  const before = await lastOf(to)
  await sendAndWait(w.chain, from, [internal({ to, value, bounce, ...(body && { body }) })])
  await expect.poll(() => lastOf(to)).not.toBe(before)
}

async function close(): Promise<void> {
  await sendToEscrow(w.chain, w.consumer, { to: w.escrow, body: encodeAskClose() }, (state) => {
    return state.kind === 'open' && state.closesAt !== undefined
  })
  await sendToEscrow(w.chain, w.consumer, { to: w.escrow, body: encodeClose() }, ({ kind }) => kind === 'closed')
}

async function explain(account: Address): Promise<{ readonly balance: bigint; readonly postings: readonly Posting[] }> {
  const { transactions, missing, account: found } = await readHistory(w.chain, account)
  expect(missing).toBeUndefined()
  const kinds = new Map<string, Awaited<ReturnType<typeof recogniseEscrow>>>()
  for (const party of transactions.map(payingParty)) {
    if (party !== undefined) kinds.set(party.toRawString(), await recogniseEscrow(w.chain, party))
  }
  const recognised = (party: Address) => kinds.get(party.toRawString()) ?? 'unknown'
  return { balance: found.balance, postings: transactions.flatMap((one) => explainTransaction(one, recognised)) }
}

const sum = (postings: readonly Posting[], kind?: Posting['kind']): bigint =>
  postings.reduce((all, one) => (kind === undefined || one.kind === kind ? all + one.amount : all), 0n)

const kindsOf = (postings: readonly Posting[]) => postings.map(({ kind }) => kind)
const payout = (amount: bigint) => beginCell().storeUint(0x45530101, 32).storeCoins(amount).storeCoins(amount).endCell()

describe('every nanoTON is explained', () => {
  test('of a wallet that was never deployed, claims were paid to, and strangers wrote to', async () => {
    await claim(w.market, 2_820n)
    const lie = { value: '0.25', body: payout(200_000_000n) }
    await send(w.stranger, address(w.payee), lie)
    await send(w.stranger, address(w.payee), { value: '0.1', bounce: true })
    const { balance, postings } = await explain(address(w.payee))
    expect(kindsOf(postings)).toEqual(['earned', 'gas-left', 'look-alike', 'received', 'sent-back', 'fees'])
    expect(sum(postings)).toBe(balance)
    expect(sum(postings, 'earned')).toBe(2_820n)
    expect(sum(postings, 'look-alike')).toBe(toNano('0.25'))
    expect(postings.slice(0, 3).map(({ party }) => party?.toRawString())).toEqual(
      [w.escrow, w.escrow, address(w.stranger)].map((party) => party.toRawString())
    )
  })

  test('of one that claims itself, sends, and gets back what was refused', async () => {
    await send(w.stranger, address(w.payee), { value: '1' })
    await claim(w.payee, 10_000n)
    await claim(w.market, 30_000n)
    await send(w.payee, address(w.stranger), { value: '0.2' })
    await send(w.payee, w.escrow, { value: '0.1', body: beginCell().storeUint(1, 32).endCell(), bounce: true })
    await expect.poll(async () => kindsOf((await explain(address(w.payee))).postings)).toContain('returned')
    const { balance, postings } = await explain(address(w.payee))
    expect(sum(postings)).toBe(balance)
    expect(sum(postings, 'earned')).toBe(30_000n)
    expect(sum(postings, 'received')).toBe(toNano('1'))
    expect(sum(postings, 'claim-sent')).toBe(-toNano('0.02'))
    expect(sum(postings, 'sent')).toBe(-toNano('0.3'))
    expect(sum(postings, 'returned')).toBeGreaterThan(toNano('0.09'))
    expect(sum(postings, 'fees')).toBeLessThan(0n)
  })

  test('of one that a stranger sent what unfolds to more than is read', async () => {
    await claim(w.market, 2_820n)
    const [one, other] = [endlessDictionary(256, 11), endlessDictionary(256, 10)]
    await send(w.stranger, address(w.payee), {
      value: '0.1',
      body: beginCell().storeRef(one).storeRef(other).endCell()
    })
    await claim(w.market, 5_000n)
    const { balance, postings } = await explain(address(w.payee))
    expect(kindsOf(postings)).toEqual(['earned', 'gas-left', 'received', 'earned', 'gas-left'])
    expect(sum(postings)).toBe(balance)
  })

  test('of consumer, market and escrow, over a whole life; a closed escrow is known as one', async () => {
    await claim(w.market, 100_000_000n)
    await sendToEscrow(w.chain, w.market, { to: w.escrow, body: encodeCollectFee() }, (state) => {
      return state.kind === 'open' && state.feeDue === 0n
    })
    await close()
    const rest = async () => kindsOf((await explain(address(w.consumer))).postings)
    await expect.poll(rest).toContain('escrow-rest')
    expect(await readEscrow(w.chain, w.escrow)).toEqual({ kind: 'closed' })
    for (const account of [address(w.consumer), address(w.market), address(w.payee), w.escrow]) {
      const { balance, postings } = await explain(account)
      expect(sum(postings)).toBe(balance)
    }
    expect(sum((await explain(address(w.market))).postings, 'market-fee')).toBe(5_000_000n)
    expect(sum((await explain(address(w.payee))).postings, 'earned')).toBe(100_000_000n)
  })
})

describe('an account is no escrow', () => {
  test('where its code is a closed one’s and nothing shows that it was deployed as one', async () => {
    await close()
    const { code, data } = await w.chain.account(w.escrow)
    const gone = { status: 'active', balance: 0n, code: code as Uint8Array, data: data as Uint8Array } as const
    const chain: Chain = { ...w.chain, account: async () => gone }
    expect(await recogniseEscrow(chain, addressOf('impostor'))).toBe('other')
    const cut: Chain = {
      ...w.chain,
      transactions: async (one, page) => (await w.chain.transactions(one, page)).slice(0, 1)
    }
    expect(await recogniseEscrow({ ...cut, transactions: once(cut) }, w.escrow)).toBe('unknown')
    expect(await recogniseEscrow(w.chain, w.escrow)).toBe('escrow')
  })

  test('where its fee is more than all', async () => {
    const { code, data } = await w.chain.account(w.escrow)
    const from = readCell(data as Uint8Array)?.beginParse() ?? beginCell().asSlice()
    const dear = beginCell().storeBits(from.loadBits(32)).storeUint(10_001, 16).storeSlice(from.skip(16)).endCell()
    const made = { status: 'active', balance: 0n, code: code as Uint8Array, data: dear.toBoc() } as const
    expect(await recogniseEscrow({ ...w.chain, account: async () => made }, w.escrow)).toBe('other')
  })

  test.each<readonly [string, () => Address]>([
    ['a wallet', () => address(w.market)],
    ['nothing at all', () => addressOf('nobody')]
  ])('where it is %s', async (_, account) => {
    expect(await recogniseEscrow(w.chain, account())).toBe('other')
  })
})

/** With pages changed on their way. */
function through(change: (page: Awaited<ReturnType<Chain['transactions']>>) => typeof page): Chain {
  return { ...w.chain, transactions: async (account, page) => change(await w.chain.transactions(account, page)) }
}

/** The first page alone. */
function once(chain: Chain): Chain['transactions'] {
  return async (account, page) => (page?.before === undefined ? chain.transactions(account, page) : [])
}

describe('a history', () => {
  beforeEach(async () => {
    for (const cumulative of [1n, 2n, 3n]) await claim(w.market, cumulative)
  })

  test('that an endpoint cuts short, or a bound, says so', async () => {
    const cut = through((page) => page.slice(0, 2))
    const shown = await readHistory({ ...cut, transactions: once(cut) }, address(w.payee))
    expect(shown).toMatchObject({ missing: 'the endpoint lists no older ones' })
    expect(shown.transactions).toHaveLength(2)
    expect(await readHistory(cut, address(w.payee))).not.toHaveProperty('missing')
    expect(await readHistory(cut, address(w.payee), 2)).toMatchObject({ missing: 'only the last 2 are read' })
  })

  test.each<readonly [string, () => Promise<Chain>]>([
    ['leaves one out', async () => through((page) => page.filter((_, index) => index !== 1))],
    [
      'puts another account’s in',
      async () => {
        const [other] = await w.chain.transactions(w.escrow)
        return through((page) => page.map((one, index) => (index === 1 ? other! : one)))
      }
    ]
  ])('is refused of an endpoint that %s', async (_, chain) => {
    await expect(readHistory(await chain(), address(w.payee))).rejects.toMatchObject({ code: 'CHAIN_MALFORMED' })
  })

  test('of an account that nobody has written to is empty', async () => {
    expect(await readHistory(w.chain, addressOf('nobody'))).toMatchObject({ transactions: [] })
  })
})
