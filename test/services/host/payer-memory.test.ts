import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { concatBytes, encodeHex } from '../../../attestation/encoding.ts'
import {
  MOST_PAYERS,
  openPayerMemory,
  type PayerMemory,
  readPayerVouchers,
  SLOT_BYTES
} from '../../../services/host/payer-memory.ts'
import { createLogger } from '../../../services/runtime/log.ts'

const logger = createLogger('host', { level: 'silent' })
const payee = randomBytes(32)
const [first, second] = [encodeHex(randomBytes(32)), encodeHex(randomBytes(32))]
const owing = { delivered: 2n ** 100n + 7n, unsettled: 5n, vouchers: [randomBytes(191), randomBytes(191)] }
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-payers-'))
  path = join(folder, `${encodeHex(payee)}.payers`)
})
afterEach(() => rm(folder, { recursive: true }))

const openMemory = (): Promise<PayerMemory> => openPayerMemory(folder, payee, logger)

/** What the next start would read, had the host been killed now. */
async function afterKill(): Promise<PayerMemory> {
  const other = join(folder, 'copy')
  await rm(other, { recursive: true, force: true })
  await mkdir(other)
  await writeFile(join(other, `${encodeHex(payee)}.payers`), await readFile(path))
  return openPayerMemory(other, payee, logger)
}

test('a host that is killed remembers what was kept last, of every payer', async () => {
  await using memory = await openMemory()
  expect(memory.keep(first, { ...owing, unsettled: 1n })).toBe(true)
  expect(memory.keep(second, { delivered: 0n, unsettled: 9n, vouchers: [] })).toBe(true)
  expect(memory.keep(first, owing)).toBe(true)
  await using again = await afterKill()
  expect(again.read(first)).toEqual(owing)
  expect(again.read(second)).toEqual({ delivered: 0n, unsettled: 9n, vouchers: [] })
  expect(again.read('00'.repeat(32))).toBeUndefined()
})

test('the file is as long as there were payers at once: the slot of a forgotten one is used again', async () => {
  await using memory = await openMemory()
  for (const name of [first, second]) {
    for (let times = 0; times < 10; times++) memory.keep(name, owing)
    memory.forget(name)
  }
  expect((await readFile(path)).byteLength).toBe(SLOT_BYTES)
  memory.keep(second, owing)
  await using again = await afterKill()
  expect([again.read(first), again.read(second)]).toEqual([undefined, owing])
})

test('beyond the most payers a new one is not kept, and those there are go on', async () => {
  await using memory = await openMemory()
  for (let index = 0; index < MOST_PAYERS; index++) memory.keep(index.toString(16).padStart(64, '0'), owing)
  expect(memory.keep(first, owing)).toBe(false)
  expect(memory.keep('0'.repeat(64), owing)).toBe(true)
})

test('a memory that is closed keeps nothing', async () => {
  const memory = await openMemory()
  await memory[Symbol.asyncDispose]()
  expect(memory.keep(first, owing)).toBe(false)
})

describe('refused with HOST_STATE_INVALID', () => {
  const written = async (): Promise<Uint8Array> => {
    await using memory = await openMemory()
    memory.keep(first, owing)
    memory.keep(second, owing)
    return readFile(path)
  }
  const changed = (at: number) => (bytes: Uint8Array) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))

  test.each<readonly [string, (bytes: Uint8Array) => Uint8Array]>([
    ['another version', changed(0)],
    ['a bit of the escrow', changed(20)],
    ['a bit of what was delivered', changed(13 + 32 + 15)],
    ['a bit of the first voucher', changed(100)],
    ['a bit of the second', changed(300)],
    ['a bit of the digest', changed(480)],
    ['a bit after it', changed(511)],
    ['half a slot', (bytes) => bytes.subarray(0, 700)],
    ['one byte more', (bytes) => concatBytes(bytes, Uint8Array.of(0))],
    ['a payer twice', (bytes) => concatBytes(bytes.subarray(0, 512), bytes.subarray(0, 512))],
    ['more than there may be', () => new Uint8Array((MOST_PAYERS + 1) * SLOT_BYTES)]
  ])('%s', async (_, change) => {
    await writeFile(path, change(await written()))
    await expect(openMemory()).rejects.toMatchObject({ code: 'HOST_STATE_INVALID' })
  })

  test('a folder that is not there, and a file that is a folder', async () => {
    const missing = openPayerMemory(join(folder, 'none'), payee, logger)
    await expect(missing).rejects.toMatchObject({ code: 'HOST_STATE_INVALID' })
    await mkdir(path)
    await expect(openMemory()).rejects.toMatchObject({ code: 'HOST_STATE_INVALID' })
  })
})

test('a provider reads the vouchers that its host remembers while it runs', async () => {
  await using memory = await openMemory()
  memory.keep(first, owing)
  memory.keep(second, { delivered: 0n, unsettled: 9n, vouchers: [] })
  const vouchers = await readPayerVouchers(folder, payee)
  expect(vouchers.map(encodeHex)).toEqual(owing.vouchers.map(encodeHex))
  await expect(readPayerVouchers(folder, randomBytes(32))).rejects.toMatchObject({ code: 'HOST_STATE_INVALID' })
})

test('one host at a time has the folder', async () => {
  await using _ = await openMemory()
  await expect(openMemory()).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
})

test('a full disk: what cannot be written is not kept', async () => {
  const full = await open('/dev/full', 'r+').catch(() => undefined)
  if (full === undefined) return
  await full.close()
  await symlink('/dev/full', path)
  await using memory = await openMemory()
  expect(memory.keep(first, owing)).toBe(false)
})

test('keeping costs microseconds', async () => {
  await using memory = await openMemory()
  const rounds = 20_000
  const begun = process.cpuUsage()
  for (let round = 0; round < rounds; round++) memory.keep(first, owing)
  const { user, system } = process.cpuUsage(begun)
  process.stdout.write(
    `keeping what a payer owes: ${((user + system) / rounds).toFixed(1)} µs, three times a request\n`
  )
})
