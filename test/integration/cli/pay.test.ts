import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Address, internal } from '@ton/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { encodeClaim } from '../../../contracts/escrow/messages.ts'
import { addressOf } from '../../../contracts/escrow/terms.ts'
import { openKeyFile, readKeyFile } from '../../../contracts/key-file.ts'
import { startLocalChain } from '../../../contracts/local-chain/start.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { parseTon } from '../../../services/cli/terminal/ton.ts'
import { coversInFolder, NO_COVER } from '../../../services/client/payment/covers.ts'
import { readEscrowFile, vouchersFolder } from '../../../services/client/start.ts'
import { readKeyFile as readVoucherKey } from '../../../services/runtime/key-file.ts'
import { bombyx, MAIN } from './run.ts'

/** Seconds: long enough for a few commands one after the other on a busy machine. */
const DELAY = 20
const payee = new Address(0, Buffer.alloc(32, 7))
const folder = mkdtempSync(join(tmpdir(), 'bombyx-pay-'))
const escrowFile = join(folder, 'escrow.json')
const stack = new AsyncDisposableStack()
let chain: Chain
let env: Record<string, string>

beforeAll(async () => {
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const context = { now: () => new Date(), onFailure: () => {} }
  const listen = { host: '127.0.0.1', port: 0 }
  const local = stack.use(
    await startLocalChain({ folder: join(folder, 'chain'), listen, blockIntervalMs: 500 }, context)
  )
  chain = openChain({ network: 'local', endpoint: local.endpoint })
  env = { TON_NETWORK: 'local', TON_ENDPOINT: local.endpoint }
  const consumer = walletOf(chain, openKeyFile(join(folder, 'consumer.key'))).address
  const give = internal({ to: consumer, value: '5', bounce: false })
  await sendAndWait(chain, readKeyFile(join(folder, 'chain', 'faucet.key')), [give])
})
afterAll(() => stack.disposeAsync())

async function pay(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await bombyx(['pay', ...args, '--data', folder], { env })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

const refused = (...args: readonly string[]) => bombyx(['pay', ...args, '--data', folder], { env })
const status = async () => JSON.parse(await pay('status', '--json'))
const payeeStatus = async () => (await status()).payees[0]
const reservedHere = async () => (await readEscrowFile(escrowFile)).payees.map(({ reserved }) => reserved)
const keyHere = async () =>
  encodeHex(ed25519PublicBytes(await readVoucherKey((await readEscrowFile(escrowFile)).voucherKeyFile)))
const keyFiles = () => readdirSync(folder).filter((name) => name.startsWith('voucher-key'))

async function until(unixSeconds: number): Promise<void> {
  await expect.poll(async () => (await chain.latestBlock()).genUtime, { timeout: 60_000 }).toBeGreaterThan(unixSeconds)
}

/** Kills the command at the first moment at which the message may be under way. */
async function killOnceKeyIsMade(...args: readonly string[]): Promise<void> {
  const before = keyFiles().length
  const all = ['--disable-warning=ExperimentalWarning', MAIN, 'pay', ...args, '--data', folder]
  const child = spawn(process.execPath, all, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' })
  while (keyFiles().length === before) await new Promise((resolve) => setTimeout(resolve, 1))
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** What the escrow would refuse, and what changes nothing, costs no gas; and the parts of its balance come to it. */
async function expectNothingSent(): Promise<void> {
  const { address } = walletOf(chain, readKeyFile(join(folder, 'consumer.key')))
  const { balance } = await chain.account(address)
  const most = await refused('reserve', payee.toString(), '100', '--yes')
  expect(most).toMatchObject({ status: 10, stderr: expect.stringContaining('103.425 TON more are to be locked') })
  expect(await refused('deposit', '0', '--yes')).toMatchObject({
    status: 30,
    stderr: expect.stringContaining('more than 0')
  })
  expect(await pay('reserve', payee.toString(), '1', '--yes')).toContain('nothing to do')
  expect((await chain.account(address)).balance).toBe(balance)
  const [all = 0n, ...parts] = [...(await pay('status')).matchAll(/^(?:balance| {7}) +([\d.]+) /gm)].map(
    ([, ton = '']) => parseTon(ton)
  )
  expect(parts).toHaveLength(4)
  expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(all)
}

test('a release and a change of the key: asked for, shown, and done by the same command after the delay', async () => {
  const terms = ['--market', new Address(0, Buffer.alloc(32, 9)).toString(), '--delay', String(DELAY)]
  await pay('deposit', '2', '--yes', ...terms)
  await pay('reserve', payee.toString(), '1.5', '--yes')
  await expectNothingSent()
  const firstKey = await keyHere()
  expect(await status()).toMatchObject({ voucherKey: firstKey, oldKey: null })

  const file = await readEscrowFile(escrowFile)
  const covers = coversInFolder(vouchersFolder(escrowFile, file.escrow))
  await covers.write(encodeHex(payee.hash), { ...NO_COVER, vouchered: 400_000_000n })
  const tooMuch = await refused('release', payee.toString(), '0.3', '--yes')
  expect(tooMuch).toMatchObject({ status: 30, stderr: expect.stringContaining('0.4 TON are owed') })

  const release = () => pay('release', payee.toString(), '0.5', '--yes')
  expect(await release()).toContain('asked for')
  await pay('change-key', '--yes')
  const secondKey = await keyHere()
  expect(secondKey).not.toBe(firstKey)
  const asked = await status()
  expect(asked).toMatchObject({ voucherKey: secondKey, oldKey: { key: firstKey } })
  expect(asked.payees[0]).toMatchObject({ reserved: '1500000000', release: { to: '500000000' } })
  expect(await reservedHere()).toEqual([500_000_000n])
  expect(await pay('status')).toMatch(/old key .* signs until .*to 0\.5 from/s)

  // As a run leaves it that was killed when its message was taken.
  writeFileSync(escrowFile, readFileSync(escrowFile, 'utf8').replace(/voucher-key-[0-9a-f]{16}/, 'voucher-key'))
  expect(await keyHere()).toBe(firstKey)
  expect(await pay('change-key')).toContain('the client signs by it from now on')
  expect(await keyHere()).toBe(secondKey)
  expect(await pay('change-key')).toContain('both keys sign until')
  expect(await release()).toContain('asked for; from')

  await until(asked.oldKey.until)
  expect(await release()).toContain('released')
  expect(await payeeStatus()).toMatchObject({ reserved: '500000000', release: null })
  expect(await release()).toContain('nothing to do')
  expect(await pay('change-key')).toContain('its file is removed')
  expect(keyFiles()).toHaveLength(1)
  expect(await keyHere()).toBe(secondKey)
}, 180_000)

test('a change of the key that is killed goes on, and the client always signs by a key that the escrow has', async () => {
  const before = await keyHere()
  await killOnceKeyIsMade('change-key', '--yes')
  const { voucherKey } = await status()
  expect([voucherKey, (await status()).oldKey?.key]).toContain(before)
  await pay('change-key', '--yes')
  expect(await keyHere()).toBe((await status()).voucherKey)
  expect(await keyHere()).not.toBe(before)
}, 60_000)

test('a consumer whose vouchers are lost goes on from what the chain has paid, by its own hand', async () => {
  const { escrow, voucherKeyFile } = await readEscrowFile(escrowFile)
  const folderOfVouchers = vouchersFolder(escrowFile, escrow)
  rmSync(folderOfVouchers, { recursive: true })
  const fields = { escrow, payee: payee.hash, cumulative: 300_000_000n, usageRoot: new Uint8Array(32) }
  const body = encodeClaim(signVoucher(fields, await readVoucherKey(voucherKeyFile)))
  const claim = internal({ to: addressOf(escrow), value: '0.1', body })
  await sendAndWait(chain, readKeyFile(join(folder, 'consumer.key')), [claim])
  await expect.poll(async () => (await payeeStatus()).paid, { timeout: 20_000 }).toBe('300000000')
  expect(await pay('recover', '--yes')).toMatch(/0\.3 +0 +0\.3\nrecovered/)
  const kept = await coversInFolder(folderOfVouchers).read(encodeHex(payee.hash))
  expect(kept).toMatchObject({ vouchered: 300_000_000n, voucher: null, cover: { owed: 300_000_000n } })
  expect(await pay('recover', '--yes')).toContain('nothing to do')
}, 60_000)
