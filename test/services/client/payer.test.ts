import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { readEscrowFile, writeEscrowFile } from '../../../services/client/escrow-file.ts'
import { openPayer } from '../../../services/client/payer.ts'
import { makeKeyFile } from '../../../services/runtime/key-file.ts'
import { SealedNetwork } from '../../fakes/sealed-network.ts'
import { CHAT, MODEL } from './chat.ts'

const folder = mkdtempSync(join(tmpdir(), 'bombyx-payer-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'escrow.json')
const file = {
  ...{ escrow: randomBytes(32), consumer: randomBytes(32), market: randomBytes(32), firstVoucherKey: randomBytes(32) },
  ...{ feeShare: 500, delay: 86_400, network: -3, nonce: '1', voucherKeyFile: 'voucher-key.pem' },
  payees: [{ payee: randomBytes(32), reserved: 10n ** 18n }]
}
const context = { give: () => Promise.reject(new Error('nobody is asked')), onEvent: () => {} }

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
  expect(again.payer.escrow).toEqual(new Uint8Array([0, ...file.escrow]))
})

test.each([
  ['nothing', ''],
  ['another document', '{"escrow":"00"}']
])('a file with %s is CONFIG_INVALID, and a request that it was to pay for is UNPAID', async (_, text) => {
  const bad = join(folder, 'bad.json')
  writeFileSync(bad, text)
  await expect(openPayer(bad, context)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await using client = (await SealedNetwork.create()).client({ escrowFile: bad })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'x' }] })
  const answer = await client.fetch(CHAT, { method: 'POST', headers, body })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(await answer.text()).toContain('UNPAID')
})
