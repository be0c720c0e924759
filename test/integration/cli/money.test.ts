import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, beginCell, internal } from '@ton/core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ed25519PublicBytes, generateEd25519, randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { signReceipt } from '../../../attestation/receipt/receipt.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { tenantPseudonym } from '../../../attestation/session/key-schedule.ts'
import { openChain } from '../../../contracts/chain.ts'
import { addressOf } from '../../../contracts/escrow/terms.ts'
import { createSigningKey, readKeyFile } from '../../../contracts/key-file.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { keepReceipts } from '../../../services/client/receipts/receipt-files.ts'
import type { EscrowFacts } from '../../../services/market/vouchers/escrows.ts'
import { createVoucherStore, type ProvenVoucher, type VoucherStore } from '../../../services/market/vouchers/store.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { startTestChain, temporaryFolder } from '../../contracts/local-chain/world.ts'
import type { Guest } from '../../fakes/guest.ts'
import { startWorld, statementOf, type World } from '../market/world.ts'
import { bombyx } from './run.ts'

const NOWHERE = 'http://127.0.0.1:9/api/v2/jsonRPC'
const voucherKey = generateEd25519()
const tenant = tenantPseudonym(ed25519PublicBytes(voucherKey))
const [escrow, payee] = [randomBytes(32), randomBytes(32)]
const PAYEE = addressOf(payee).toRawString()

let world: World
/** Of the provider, and of an organisation that asked. */
let [token, key, folder] = ['', '', '']
const stack = new AsyncDisposableStack()

// Three statements of 2 nanoTON: paid, vouchered, and one that asks too much; their receipts: kept, lost, another.
beforeAll(async () => {
  world = stack.use(await startWorld({ vouchers: { chain: { network: 'local', endpoint: NOWHERE } } }))
  const provider = await world.provider('one')
  const { guest } = await world.enrol(provider.registry)
  await callUnary(world.operator, 'PutOrganisation', { name: 'acme' })
  const made = await callUnary(world.operator, 'CreateKey', { organisation: 'acme', name: 'k' })
  ;[token, key] = [provider.token, made.secret]
  const sessionId = randomBytes(16)
  const receipts = [0, 1, 2].map((n) => receiptOf(guest, sessionId, n))
  const statements = receipts.map((receipt, n) => {
    const counts = { prompt: n === 2 ? 1 : 20_000, cached: 0, completion: 0, reasoning: 0 }
    const receiptHash = n === 2 ? randomBytes(32) : sha256(receipt)
    return statementOf(guest, n + 1, { counts, price: 2n, tenant, sessionId, n, receiptHash }, made.key?.keyId)
  })
  await callUnary(world.metering, 'StoreUsage', { statements })
  folder = mkdtempSync(join(tmpdir(), 'bombyx-money-'))
  stack.defer(() => rmSync(folder, { recursive: true }))
  await using files = keepReceipts(folder, { now: () => new Date(), onFault: (reason) => expect.fail(reason) })
  for (const n of [0, 2]) {
    const request = `${encodeHex(sessionId)}-${n}`
    files.keep({ request, keysetDigest: guest.keyset.digest, receipt: receipts[n]! })
  }
  const vouchers = createVoucherStore(stack.use(await openDatabase({ url: world.network.databaseUrl })))
  await cover(vouchers, { epoch: guest.keyset.epoch, seq: 1n }, 2n)
  await cover(vouchers, { epoch: guest.keyset.epoch, seq: 2n }, 4n)
})
afterAll(() => stack.disposeAsync())

function receiptOf({ keyset, receiptKey }: Guest, sessionId: Uint8Array, n: number): Uint8Array {
  return signReceipt(
    {
      ...{ chatId: null, endpoint: '/v1/chat/completions', method: 'POST', model: 'test/model', keyId: 'r1' },
      ...{ receiptId: new Uint8Array(16).fill(n + 1), servedAt: 1, keysetDigest: keyset.digest, sessionId, n },
      ...{ receivedHash: randomBytes(32), forwardedHash: randomBytes(32), returnedHash: randomBytes(32) },
      ...{ salt: randomBytes(32), requestHash: randomBytes(32), logIndex: null },
      usage: { prompt: 20_000, cached: 0, completion: 0, reasoning: 0 }
    },
    receiptKey
  )
}

/** The chain has paid 2 nanoTON. */
function cover(vouchers: VoucherStore, place: ProvenVoucher['covered'][number], cumulative: bigint): Promise<void> {
  const signer = ed25519PublicBytes(voucherKey)
  const facts: EscrowFacts = {
    ...{ voucherKeys: [signer], oldKeyUntil: undefined, checkedAt: new Date(), closesAt: undefined },
    ...{ isClosed: false, fee: undefined },
    payees: new Map([[encodeHex(payee), { reserved: 9n, paid: 2n, releasesAt: undefined }]])
  }
  const voucher = signVoucher({ escrow, payee, cumulative, usageRoot: new Uint8Array(32) }, voucherKey)
  return vouchers.keep({ escrow, payee, cumulative, signer, voucher, covered: [place] }, facts, new Date())
}

const run = (args: readonly string[], bearer: string, env = {}) =>
  bombyx([...args, '--market', world.authority], { env: { BOMBYX_TOKEN: bearer, ...env } })

/** Columns of a CSV, by name. */
function columns(csv: string, ...names: readonly string[]): readonly (readonly (string | undefined)[])[] {
  const [heading = [], ...lines] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  return lines.map((line) => names.map((name) => line[heading.indexOf(name)]))
}

describe('bombyx earn statements', () => {
  it('says what became of each statement, and adds them up', async () => {
    const csv = await run(['earn', 'statements', '--csv'], token)
    expect(columns(csv.stdout, 'price', 'state', 'unbillable', 'payee', 'voucher_cumulative')).toEqual([
      ['2', 'paid', '', PAYEE, '2'],
      ['2', 'vouchered', '', PAYEE, '4'],
      ['2', 'not-charged', 'USAGE_OVERPRICED', '', '']
    ])
    const { stdout, status } = await run(['earn', 'statements'], token)
    expect([stdout, status]).toEqual([expect.stringContaining('not charged: USAGE_OVERPRICED'), 0])
    expect(
      stdout
        .split('\n')
        .slice(-6, -1)
        .map((line) => line.trim().split(/ {2,}/))
    ).toEqual([
      ['delivered', '3', '0.000000006'],
      ['paid', '1', '0.000000002'],
      ['vouchered', '1', '0.000000002'],
      ['not vouchered yet', '0', '0.000000000'],
      ['not charged', '1', '0.000000002']
    ])
  })

  it.each([
    ['an organisation', () => key, 'FORBIDDEN'],
    ['nobody', () => 'bmx_made-up', 'UNAUTHENTICATED']
  ])('is not for %s', async (_, bearer, code) => {
    const { stderr, status } = await run(['earn', 'statements'], bearer())
    expect([stderr, status]).toEqual([expect.stringContaining(code), 10])
  })
})

describe('bombyx bill statements', () => {
  it('says of each charge whether its receipt was kept', async () => {
    const { stdout } = await run(['bill', 'statements', '--client', folder, '--csv'], key)
    expect(columns(stdout, 'price', 'unbillable', 'receipt_id', 'kept')).toEqual([
      ['2', '', '01'.repeat(16), 'yes'],
      ['2', '', '', 'no'],
      ['2', 'USAGE_OVERPRICED', '03'.repeat(16), 'another']
    ])
    const compared = await run(['bill', 'statements', '--client', folder], key)
    expect(compared.stdout).toMatch(/ RECEIPT +KEPT +FINISH\n.* 01010101 +complete\n/s)
    const people = await run(['bill', 'statements'], key)
    expect(people.stdout).toContain('to be paid: 0.000000004 TON, for 3 requests')
    expect(people.stdout).not.toContain('KEPT')
  })

  it('is not for providers', async () => {
    const { stderr, status } = await run(['bill', 'statements'], token)
    expect([stderr, status]).toEqual([expect.stringContaining('FORBIDDEN'), 10])
  })
})

describe('bombyx earn, of the chain', () => {
  it('shows a status with what was delivered to whom that may be told, and without it to others', async () => {
    const { endpoint } = await startTestChain()
    const env = { TON_NETWORK: 'local', TON_ENDPOINT: endpoint }
    const status = (bearer: string) => run(['earn', 'status', '--payee', PAYEE, '--json'], bearer, env)
    for (const [bearer, delivered] of [
      [token, '4'],
      [key, null],
      ['bmx_made-up', null]
    ] as const) {
      const { stdout } = await status(bearer)
      expect(JSON.parse(stdout)).toMatchObject([{ vouchered: '4', reserved: '0', claimable: '0', delivered }])
    }
  })

  it('explains a wallet to its balance, and calls a look-alike one', async () => {
    const { wallet, endpoint } = await fundedWallet()
    const { entries, balance, missing } = JSON.parse((await payouts(wallet, endpoint, '--json')).stdout)
    expect(entries.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['look-alike', 'received'])
    expect([entries.at(-1).balance, missing]).toEqual([balance, null])
    const { stdout, status } = await payouts(wallet, endpoint)
    expect([stdout, status]).toEqual([expect.stringContaining('to the balance, to the nanoTON'), 0])
    expect(stdout).toMatch(/LOOK-ALIKE payout, no escrow: kQ.* 0\.500000000 /)
    expect(columns((await payouts(wallet, endpoint, '--csv')).stdout, 'balance').at(-1)).toEqual([balance])
  })

  it.each([
    ['older transactions than it lists', 'getTransactions', (text: string) => cutShort(text), ['Not all is listed', 0]],
    [
      'another balance',
      'getAddressInformation',
      (text: string) => text.replace(/"balance":"1/, '"balance":"2'),
      ['do not come', 10]
    ]
  ] as const)('says so where the endpoint has %s', async (_, method, change, expected) => {
    const { wallet, endpoint } = await fundedWallet()
    const { stdout, status } = await payouts(wallet, await between(endpoint, method, change))
    expect([stdout, status]).toEqual([expect.stringContaining(expected[0]), expected[1]])
    expect(stdout).toContain('before what is listed')
  })
})

const payouts = (wallet: Address, endpoint: string, ...args: string[]) =>
  bombyx(['earn', 'payouts', '--payee', wallet.toRawString(), ...args], {
    env: { TON_NETWORK: 'local', TON_ENDPOINT: endpoint }
  })

/** With 1 TON and a look-alike's 0.5, on a chain of its own. */
async function fundedWallet() {
  const folder = temporaryFolder()
  const { endpoint } = await startTestChain(folder)
  const chain = openChain({ network: 'local', endpoint })
  const wallet = walletOf(chain, createSigningKey(randomBytes(32))).address
  const body = beginCell().storeUint(0x45530101, 32).storeCoins(5n).storeCoins(5n).endCell()
  await sendAndWait(chain, readKeyFile(`${folder}/faucet.key`), [
    internal({ to: wallet, value: '1', bounce: false }),
    internal({ to: wallet, value: '0.5', bounce: false, body })
  ])
  await expect.poll(async () => (await chain.account(wallet)).balance).toBeGreaterThan(1_400_000_000n)
  return { wallet, endpoint }
}

/** An endpoint before another, which changes its answers to one method. */
async function between(endpoint: string, method: string, change: (answer: string) => string): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const headers = { 'content-type': 'application/json' }
    const answer = await (await fetch(endpoint, { method: 'POST', headers, body })).text()
    response.writeHead(200, headers).end(body.includes(method) ? change(answer) : answer)
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** The newest alone. */
function cutShort(answer: string): string {
  const { result, ...same } = JSON.parse(answer)
  return JSON.stringify({ ...same, result: result.slice(0, 1) })
}
