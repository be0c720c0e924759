import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { startEngine } from '../../../services/network/engine/start.ts'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { HostClient } from '../../fakes/host-client.ts'
import { HostNetwork } from '../../fakes/host-network.ts'
import { openPaidEscrow, type PaidEscrow } from '../../fakes/paid-escrow.ts'
import { TEST_MODEL, testEnv } from '../../fakes/test-host.ts'

const TON = 1_000_000_000n
/** Of one request, at most; a token of the answer costs 0.0001 TON. */
const MOST = 12_000_000n
const CREDIT = 50_000_000n
const stack = new AsyncDisposableStack()
let paid: PaidEscrow
let network: HostNetwork
let env: Readonly<Record<string, string>>
let host: ServiceProcess

beforeAll(async () => {
  paid = stack.use(await openPaidEscrow(TON))
  network = stack.use(await new HostNetwork().start())
  const settings = { listen: '127.0.0.1:0', models: [TEST_MODEL], maxModelLength: 4_000_000, tokenDelayMs: 0 }
  const engine = stack.use(await startEngine(settings))
  env = await testEnv(stack, {
    ...paid.hostEnv,
    PATH: process.env['PATH'] ?? '',
    BOMBYX_REGISTRY: network.authority,
    BOMBYX_RELAYS: network.authority,
    VLLM_URL: engine.url,
    BOMBYX_PRICE_COMPLETION: String(100n * TON)
  })
}, 60_000)
afterAll(() => stack.disposeAsync())

async function start(): Promise<void> {
  const links = network.links.length
  host = stack.use(await startProcess({ name: 'host', module: MAIN, env }, {}))
  await expect.poll(() => network.links.length).toBeGreaterThan(links)
  await expect.poll(() => network.pay(paid.escrow).catch(() => undefined)).toBeDefined()
}

async function kill(): Promise<void> {
  process.kill(host.pid, 'SIGKILL')
  await host.ended
}

const MAIN = new URL('../../../services/host/main.ts', import.meta.url)
const body = { model: TEST_MODEL, messages: [{ role: 'user', content: 'x' }], stand_in: { tokens: 100 } }
/** The market withholds every voucher that it has. */
const open = () => HostClient.open(network, TEST_MODEL, 600, { payer: paid.payer, known: [] })
const stated = () => network.statements.reduce((sum, { statement }) => sum + parseUsage(statement).price, 0n)

/** Asks until the host wants to be paid. */
async function takeAll(): Promise<void> {
  const client = await open()
  for (let answered = 0; answered < 100; answered++) {
    const { code } = await client.ask({ body, meta: { maxPrice: MOST } })
    if (code === undefined) continue
    expect(code).toBe('UNPAID')
    return
  }
  throw new Error('it was never asked to pay')
}

test('a host that is killed again and again, by a market that withholds and a client that refuses to sign, loses the limit', async () => {
  await start()
  await takeAll()
  const best = 70_000_000n
  await open()
  await network.pay(paid.escrow, paid.voucher(30_000_000n))
  await paid.claim(paid.voucher(30_000_000n))
  await network.pay(paid.escrow, paid.voucher(best))
  // An answer that is under way at the kill leaves no statement: all of its price is lost.
  const stalling = { ...body, stream: true, stand_in: { tokens: 100, stall_after: 99 } }
  await (await open()).start({ body: stalling, meta: { stream: true, maxPrice: MOST } }).begun
  await kill()
  for (let kills = 0; kills < 2; kills++) {
    await start()
    await takeAll()
    await kill()
  }
  // It is the same host each time.
  expect(new Set(network.keysets.map(({ subject }) => subject)).size).toBe(1)
  const lost = stated() + MOST - best
  process.stdout.write(`a market that withholds from a host that is killed three times: ${lost} nanoTON of ${CREDIT}\n`)
  expect(lost).toBeLessThan(CREDIT)
  expect(lost + MOST).toBeGreaterThan(CREDIT)
}, 120_000)

test('a host whose memory was changed does not start, and says which', async () => {
  const names = await readdir(env['BOMBYX_HOST_STATE'] ?? '')
  const name = names.find((one) => one.endsWith('.payers')) ?? ''
  const path = join(env['BOMBYX_HOST_STATE'] ?? '', name)
  const bytes = await readFile(path)
  await writeFile(path, bytes.fill(1, 60, 61))
  await expect(startProcess({ name: 'host', module: MAIN, env }, {})).rejects.toThrow('HOST_STATE_INVALID')
}, 60_000)
