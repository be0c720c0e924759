import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { internal } from '@ton/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { concatBytes, uint8 } from '../../../attestation/encoding.ts'
import { verifyPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { sessionCodeNumber } from '../../../attestation/session/codes.ts'
import { openChain } from '../../../contracts/chain.ts'
import { depositAndReserve, sendToEscrow } from '../../../contracts/escrow/consumer.ts'
import { encodeChangeKey } from '../../../contracts/escrow/messages.ts'
import { accountOf, type EscrowTerms, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { createSigningKey, readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import { startLocalChain } from '../../../contracts/local-chain/start.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { HostClient } from '../../fakes/host-client.ts'
import { openTestHost, TEST_MODEL, type TestHost } from '../../fakes/test-host.ts'

const TON = 1_000_000_000n
/** Of one request, at most; a token of the answer costs 0.0001 TON. */
const MOST = 12_000_000n
const CREDIT = 50_000_000n
const UNPAID = String(sessionCodeNumber('UNPAID'))
const voucherKey = generateEd25519()
const payee = randomBytes(32)
const folder = mkdtempSync(join(tmpdir(), 'bombyx-payment-'))
const stack = new AsyncDisposableStack()
let terms: EscrowTerms
let changeKey: (to: Uint8Array) => Promise<unknown>
let escrow: Uint8Array
let host: TestHost

beforeAll(async () => {
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const now = (): Date => new Date()
  const onFailure = (): void => {}
  const local = stack.use(
    await startLocalChain({ folder, listen: { host: '127.0.0.1', port: 0 }, blockIntervalMs: 500 }, { now, onFailure })
  )
  const chain = openChain({ network: 'local', endpoint: local.endpoint })
  const newKey = (): SigningKey => createSigningKey(randomBytes(32))
  const [consumer, market] = [newKey(), newKey()]
  const give = internal({ to: walletOf(chain, consumer).address, value: '5', bounce: false })
  await sendAndWait(chain, readKeyFile(join(folder, 'faucet.key')), [give])
  terms = {
    consumer: walletOf(chain, consumer).address,
    market: walletOf(chain, market).address,
    ...{ feeShare: 500, delay: 86_400, firstVoucherKey: ed25519PublicBytes(voucherKey), nonce: 1n },
    network: chain.networkId
  }
  escrow = accountOf(escrowAddress(terms))
  changeKey = (to) =>
    sendToEscrow(chain, consumer, { to: escrowAddress(terms), body: encodeChangeKey(to) }, (state) => {
      return state.kind === 'open' && state.oldKey !== undefined
    })
  const wallet = walletOf(chain, createSigningKey(payee)).address
  await depositAndReserve(chain, consumer, terms, {
    deposit: 2n * TON,
    reservations: [{ payee: wallet, reserved: TON / 5n }]
  })
  const env = {
    BOMBYX_PAYMENT: 'required',
    BOMBYX_PAYEE: wallet.toRawString(),
    BOMBYX_PAYMENT_MARKET: terms.market.toRawString(),
    TON_NETWORK: 'local',
    TON_ENDPOINT: local.endpoint,
    BOMBYX_PRICE_COMPLETION: String(100n * TON)
  }
  host = stack.use(await openTestHost({ env }))
}, 60_000)
afterAll(() => stack.disposeAsync())

const payer = () => ({ escrow: concatBytes(uint8(0), escrow), voucherKey })
const body = { model: TEST_MODEL, messages: [{ role: 'user', content: 'x' }], stand_in: { tokens: 100 } }
const ask = { body, meta: { maxPrice: MOST } }
const open = (known: readonly Uint8Array[] | undefined = [], key = voucherKey) =>
  HostClient.open(host.network, TEST_MODEL, 600, { payer: { ...payer(), voucherKey: key }, ...(known && { known }) })
const account = () => accountOf(walletOf({ networkId: terms.network } as never, createSigningKey(payee)).address)
const voucher = (cumulative: bigint, key = voucherKey) =>
  signVoucher({ escrow, payee: account(), cumulative, usageRoot: new Uint8Array(32) }, key)
const delivered = () => host.network.statements.reduce((sum, { statement }) => sum + parseUsage(statement).price, 0n)

test('a session without a payer, and one of whom the market’s word is missing, is refused with UNPAID', async () => {
  await expect(HostClient.open(host.network, TEST_MODEL)).rejects.toThrow(`refused with ${UNPAID}`)
  const unknown = HostClient.open(host.network, TEST_MODEL, 600, { payer: payer() })
  await expect(unknown).rejects.toThrow(`refused with ${UNPAID}`)
})

test('an escrow that is not there, and a key that is not the escrow’s, are refused with UNPAID', async () => {
  const invented = { escrow: concatBytes(uint8(0), randomBytes(32)), voucherKey }
  const opening = HostClient.open(host.network, TEST_MODEL, 600, { payer: invented, known: [] })
  await expect(opening).rejects.toThrow(`refused with ${UNPAID}`)
  await expect(open([], generateEd25519())).rejects.toThrow(`refused with ${UNPAID}`)
})

test('a key that the escrow has since a moment opens sessions and signs vouchers, beside the old one', async () => {
  await open()
  const newKey = generateEd25519()
  const given = () => host.network.pay(escrow, voucher(1n, newKey))
  await expect(given()).rejects.toThrow(UNPAID)
  await changeKey(ed25519PublicBytes(newKey))
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(await given()).toMatchObject({ vouchered: '1' })
  await open([], newKey)
  await open()
})

test('a client that never signs gets less than the limit, then UNPAID; a voucher lets it in; the reservation ends it', async () => {
  const client = await open()
  let answered = 0
  const answers = async (): Promise<string> => {
    for (;;) {
      const { code } = await client.ask(ask)
      if (code !== undefined) return code
      expect(++answered).toBeLessThan(100)
    }
  }
  expect(await answers()).toBe('UNPAID')
  const lost = await settled()
  process.stdout.write(`a client that refuses to sign got ${lost} nanoTON of a limit of ${CREDIT}\n`)
  expect(lost).toBeLessThan(CREDIT)
  expect(lost + MOST).toBeGreaterThanOrEqual(CREDIT)
  const status = await host.network.pay(escrow, undefined, MOST)
  expect(status).toMatchObject({ delivered: String(lost), vouchered: '1', reason: 'credit' })
  expect(verifyPaymentTerms(status.terms, host.network.host.keyset).payee).toEqual(new Uint8Array(account()))
  const wanted = BigInt(status.cumulative ?? 0)
  expect(await host.network.pay(escrow, voucher(wanted), MOST)).toMatchObject({ reason: '' })
  expect((await client.ask(ask)).code).toBeUndefined()
  await expect(host.network.pay(escrow, voucher(TON, generateEd25519()))).rejects.toThrow(UNPAID)
  await host.network.pay(escrow, voucher(TON))
  expect(await answers()).toBe('UNPAID')
  const all = await settled()
  expect(all).toBeLessThanOrEqual(TON / 5n)
  expect(all + MOST).toBeGreaterThan(TON / 5n)
  expect(await host.network.pay(escrow, undefined, MOST)).toMatchObject({ reason: 'reservation' })
}, 60_000)

/** What the host says that it has delivered, once no statement is under way. */
async function settled(): Promise<bigint> {
  await expect.poll(async () => (await host.network.pay(escrow)).delivered === String(delivered())).toBe(true)
  return delivered()
}
