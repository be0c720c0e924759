import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import { startEngine } from '../../../services/network/engine/start.ts'
import { DEFAULT_LIMITS } from '../../../services/relay/config.ts'
import { startRelay } from '../../../services/relay/start.ts'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { callStream, callUnary } from '../../../services/runtime/grpc-client.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { HostClient } from '../../fakes/host-client.ts'
import { HostNetwork } from '../../fakes/host-network.ts'
import { openPaidEscrow, type PaidEscrow } from '../../fakes/paid-escrow.ts'
import { TEST_MODEL, testEnv } from '../../fakes/test-host.ts'
import { startWorld, type World } from '../market/world.ts'

const MAIN = new URL('../../../services/host/main.ts', import.meta.url)
const stack = new AsyncDisposableStack()
let paid: PaidEscrow
let world: World
/** A relay that acknowledges no statement. */
let deaf: HostNetwork
let relay: string
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  paid = stack.use(await openPaidEscrow(1_000_000_000n))
  world = stack.use(await startWorld())
  deaf = stack.use(await new HostNetwork().start())
  deaf.acknowledging = false
  const stop = new AbortController()
  stack.defer(() => stop.abort())
  void meetHosts(stop.signal)
  const settings = { listen: '127.0.0.1:0', models: [TEST_MODEL], maxModelLength: 4_000_000, tokenDelayMs: 0 }
  const engine = stack.use(await startEngine(settings))
  relay = stack.use(
    await startRelay(
      {
        ...{ listen: '127.0.0.1:0', registry: world.network.authority, market: world.authority, dial: {} },
        ...{ authorities: [], marketKeys: 'false', limits: DEFAULT_LIMITS }
      },
      { logger: silentLogger }
    )
  ).authority
  const provider = await world.provider('p')
  env = await testEnv(stack, {
    ...paid.hostEnv,
    PATH: process.env['PATH'] ?? '',
    BOMBYX_REGISTRY: world.network.authority,
    BOMBYX_ENROLMENT_TOKEN: provider.token,
    VLLM_URL: engine.url,
    BOMBYX_PRICE_COMPLETION: '1000000'
  })
}, 60_000)
afterAll(() => stack.disposeAsync())

/** The deaf relay learns of hosts from the true registry. */
async function meetHosts(signal: AbortSignal): Promise<void> {
  try {
    for await (const event of callStream(world.network.directory, 'Watch', {}, { signal })) {
      if (event.listed != null) deaf.keysets.push(parseKeyset(event.listed.keyset))
    }
  } catch {
    // The test is over.
  }
}

function start(relays: string): Promise<ServiceProcess> {
  return startProcess({ name: 'host', module: MAIN, env: { ...env, BOMBYX_RELAYS: relays } }, {})
}

async function kill(host: ServiceProcess): Promise<void> {
  process.kill(host.pid, 'SIGKILL')
  await host.ended
}

const readLeft = (): Promise<string> => readFile(join(env['BOMBYX_HOST_STATE'] ?? '', 'statements'), 'utf8')
const readBill = async () => (await callUnary(world.operator, 'GetBill', {})).lines

test('what a host signed before it was killed is in the books once, and billed, and a further start sends nothing', async () => {
  await using first = await start(deaf.authority)
  await deaf.ready()
  const client = await HostClient.open(deaf, TEST_MODEL, 600, { payer: paid.payer, known: [] })
  const body = { model: TEST_MODEL, messages: [{ role: 'user', content: 'x' }], stand_in: { tokens: 3 } }
  for (let request = 0; request < 3; request++) {
    expect((await client.ask({ body, meta: { maxPrice: 1_000_000n } })).receipt).toBeDefined()
  }
  // The next one is under way at the kill: nobody has signed for it.
  const stalling = { ...body, stream: true, stand_in: { tokens: 100, stall_after: 50 } }
  await client.start({ body: stalling, meta: { stream: true, maxPrice: 1_000_000n } }).begun
  await kill(first)
  expect((await readLeft()).split('\n').filter((line) => line.startsWith('S'))).toHaveLength(3)
  const signed = new Map(deaf.statements.map(({ seq, statement }) => [seq, parseUsage(statement).price]))
  const price = [...signed.values()].reduce((sum, one) => sum + one, 0n)

  await using second = await start(relay)
  await expect.poll(readLeft, { timeout: 10_000 }).toBe('')
  const bill = await readBill()
  expect(bill.map(({ requests, unbillable, ...line }) => [requests, unbillable, line.price])).toEqual([
    ['3', '', String(price)]
  ])
  await kill(second)

  await using third = await start(relay)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect([await readLeft(), await readBill()]).toEqual(['', bill])
  await kill(third)
}, 120_000)
