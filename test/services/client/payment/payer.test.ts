import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { randomBytes } from '../../../../attestation/crypto.ts'
import { encodeHex } from '../../../../attestation/encoding.ts'
import { coversInFolder, NO_COVER } from '../../../../services/client/payment/covers.ts'
import { readEscrowFile, writeEscrowFile } from '../../../../services/client/payment/escrow-file.ts'
import { openPayer, vouchersFolder } from '../../../../services/client/payment/payer.ts'
import { estimatePrice } from '../../../../services/client/payment/request-price.ts'
import { startProxy } from '../../../../services/client/start.ts'
import { makeKeyFile } from '../../../../services/runtime/key-file.ts'
import { FAKE_PRICES } from '../../../fakes/inference-host.ts'
import { SealedNetwork } from '../../../fakes/sealed-network.ts'
import { ask, CHAT, MODEL, startNetwork } from '../chat.ts'

const folder = mkdtempSync(join(tmpdir(), 'bombyx-payer-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'escrow.json')
const file = {
  ...{ escrow: randomBytes(32), consumer: randomBytes(32), market: randomBytes(32), firstVoucherKey: randomBytes(32) },
  ...{ feeShare: 500, delay: 86_400, network: -3, nonce: '1', voucherKeyFile: 'voucher-key.pem' },
  payees: [{ payee: randomBytes(32), reserved: 10n ** 18n }]
}
const ASKED = {
  ...{ mediaParts: 0, answers: 1, generates: true },
  textBytes: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'a secret word' }], max_tokens: 7 })
    .length
}
const nobody = () => Promise.reject(new Error('nobody is asked'))
const relay = { giveVoucher: nobody, listVouchers: nobody, findStatements: nobody }
const context = { relay, onEvent: () => {}, now: () => 0 }

test('an escrow file reads back, its key beside it', async () => {
  await writeEscrowFile(path, file)
  expect(await readEscrowFile(path)).toEqual({ ...file, voucherKeyFile: join(folder, 'voucher-key.pem') })
})

test('one process at a time signs for an escrow', async () => {
  await makeKeyFile(join(folder, 'voucher-key.pem'))
  const first = await openPayer(path, context)
  await expect(openPayer(path, context)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  await first[Symbol.asyncDispose]()
  await using again = await openPayer(path, context)
  expect((await again.readPayer()).escrow).toEqual(new Uint8Array([0, ...file.escrow]))
})

test('a client that starts leaves the folder to whoever pays, unless an earlier run has something to pay', async () => {
  const network = await SealedNetwork.create()
  const idle = network.client({ escrowFile: path })
  await idle.catchUp()
  await (await openPayer(path, context))[Symbol.asyncDispose]()
  const counts = { prompt: 1, cached: 0, completion: 1, reasoning: 0 }
  const awaited = {
    request: `${'0'.repeat(32)}-1`,
    keysetDigest: file.escrow,
    receiptHash: file.escrow,
    counts,
    price: 1n,
    at: 0
  }
  const cover = { ...NO_COVER, awaited: [awaited] }
  const store = coversInFolder(vouchersFolder(path, file.escrow))
  await store.write(encodeHex(file.payees[0]!.payee), cover)
  await idle.catchUp()
  await expect(openPayer(path, context)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  await idle[Symbol.asyncDispose]()
  await store.write(encodeHex(file.payees[0]!.payee), NO_COVER)
})

test('a payer that is open signs by the key that its file names, from the moment on when it does', async () => {
  await using payer = await openPayer(path, context)
  const changed = { ...file, voucherKeyFile: 'voucher-key-2.pem' }
  const newKey = await makeKeyFile(join(folder, changed.voucherKeyFile))
  await writeEscrowFile(path, changed)
  expect((await payer.readPayer()).voucherKey.equals(newKey)).toBe(true)
  rmSync(join(folder, changed.voucherKeyFile))
  await expect(payer.readPayer()).rejects.toMatchObject({ code: 'UNPAID' })
  await writeEscrowFile(path, file)
})

test.each([
  ['nothing', ''],
  ['another document', '{"escrow":"00"}']
])('a file with %s is CONFIG_INVALID, and a request that it was to pay for is UNPAID', async (_, text) => {
  const bad = join(folder, 'bad.json')
  writeFileSync(bad, text)
  await expect(openPayer(bad, context)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  const network = await SealedNetwork.create()
  const proxy = { relays: ['127.0.0.1:1'], policy: network.policy, listen: '127.0.0.1:0', hostNames: [], origins: [] }
  await expect(startProxy({ ...proxy, escrowFile: bad })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await using client = network.client({ escrowFile: bad })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'x' }] })
  const answer = await client.fetch(CHAT, { method: 'POST', headers, body })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(await answer.text()).toContain('UNPAID')
})

test.each([
  [
    'who pays, to what it can come to',
    { escrowFile: path },
    estimatePrice({ ...ASKED, outputLimit: 7 }, [FAKE_PRICES], 0n)
  ],
  ['who pays, to a ceiling of its own', { escrowFile: path, maxRequestPrice: 90n }, 90n],
  ['who does not pay, to nothing', {}, 0n],
  ['who does not pay, to a ceiling', { maxRequestPrice: 90n }, 90n]
])('a request is held: of a client %s', async (_, options, maxPrice) => {
  const network = await startNetwork(2)
  await using client = network.client(options)
  expect((await ask(client, { max_tokens: 7 })).status).toBe(200)
  expect(network.hosts[0]!.metas.map((meta) => meta.maxPrice)).toEqual([maxPrice])
  expect(network.told('usage-verified').flatMap(({ doubts }) => doubts)).toEqual([])
})
