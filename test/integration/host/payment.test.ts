import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { concatBytes, uint8 } from '../../../attestation/encoding.ts'
import { verifyPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { sessionCodeNumber } from '../../../attestation/session/codes.ts'
import { HostClient } from '../../fakes/host-client.ts'
import { openPaidEscrow, type PaidEscrow } from '../../fakes/paid-escrow.ts'
import { openTestHost, TEST_MODEL, type TestHost } from '../../fakes/test-host.ts'

const TON = 1_000_000_000n
/** Of one request, at most; a token of the answer costs 0.0001 TON. */
const MOST = 12_000_000n
const CREDIT = 50_000_000n
const UNPAID = String(sessionCodeNumber('UNPAID'))
const stack = new AsyncDisposableStack()
let paid: PaidEscrow
let host: TestHost

beforeAll(async () => {
  paid = stack.use(await openPaidEscrow(TON / 5n))
  host = stack.use(await openTestHost({ env: { ...paid.hostEnv, BOMBYX_PRICE_COMPLETION: String(100n * TON) } }))
}, 60_000)
afterAll(() => stack.disposeAsync())

const body = { model: TEST_MODEL, messages: [{ role: 'user', content: 'x' }], stand_in: { tokens: 100 } }
const ask = { body, meta: { maxPrice: MOST } }
const open = (known: readonly Uint8Array[] | undefined = [], voucherKey = paid.voucherKey) =>
  HostClient.open(host.network, TEST_MODEL, 600, { payer: { ...paid.payer, voucherKey }, ...(known && { known }) })
const delivered = () => host.network.statements.reduce((sum, { statement }) => sum + parseUsage(statement).price, 0n)

test('a session without a payer, and one of whom the market’s word is missing, is refused with UNPAID', async () => {
  await expect(HostClient.open(host.network, TEST_MODEL)).rejects.toThrow(`refused with ${UNPAID}`)
  const unknown = HostClient.open(host.network, TEST_MODEL, 600, { payer: paid.payer })
  await expect(unknown).rejects.toThrow(`refused with ${UNPAID}`)
})

test('an escrow that is not there, and a key that is not the escrow’s, are refused with UNPAID', async () => {
  const invented = { ...paid.payer, escrow: concatBytes(uint8(0), randomBytes(32)) }
  const opening = HostClient.open(host.network, TEST_MODEL, 600, { payer: invented, known: [] })
  await expect(opening).rejects.toThrow(`refused with ${UNPAID}`)
  await expect(open([], generateEd25519())).rejects.toThrow(`refused with ${UNPAID}`)
})

test('a key that the escrow has since a moment opens sessions and signs vouchers, beside the old one', async () => {
  await open()
  const newKey = generateEd25519()
  const given = () => host.network.pay(paid.escrow, paid.voucher(1n, newKey))
  await expect(given()).rejects.toThrow(UNPAID)
  await paid.changeKey(newKey)
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
  const status = await host.network.pay(paid.escrow, undefined, MOST)
  expect(status).toMatchObject({ delivered: String(lost), vouchered: '1', reason: 'credit' })
  expect(verifyPaymentTerms(status.terms, host.network.host.keyset).payee).toEqual(new Uint8Array(paid.payee))
  const wanted = BigInt(status.cumulative ?? 0)
  expect(await host.network.pay(paid.escrow, paid.voucher(wanted), MOST)).toMatchObject({ reason: '' })
  expect((await client.ask(ask)).code).toBeUndefined()
  await expect(host.network.pay(paid.escrow, paid.voucher(TON, generateEd25519()))).rejects.toThrow(UNPAID)
  await host.network.pay(paid.escrow, paid.voucher(TON))
  expect(await answers()).toBe('UNPAID')
  const all = await settled()
  expect(all).toBeLessThanOrEqual(TON / 5n)
  expect(all + MOST).toBeGreaterThan(TON / 5n)
  expect(await host.network.pay(paid.escrow, undefined, MOST)).toMatchObject({ reason: 'reservation' })
}, 60_000)

test('a relay that asks and never reads what it is told is given up, and its answers with it', async () => {
  const { network } = host
  network.reading = false
  const before = network.ended
  for (let asked = 0; asked < 30_000 && network.ended === before; asked++) {
    void network.pay(randomBytes(32))
    if (asked % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(() => network.ended, { timeout: 10_000 }).toBeGreaterThan(before)
  network.reading = true
}, 60_000)

/** What the host says that it has delivered, once no statement is under way. */
async function settled(): Promise<bigint> {
  await expect.poll(async () => (await host.network.pay(paid.escrow)).delivered === String(delivered())).toBe(true)
  return delivered()
}
