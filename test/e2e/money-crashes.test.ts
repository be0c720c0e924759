import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { EXPOSURE_LIMITS } from '../../attestation/receipt/exposure.ts'
import { runLogAudit } from '../../services/audit/start.ts'
import { seededRandom } from '../bench/random.ts'
import { auditMoney, auditStatements } from './money/audit.ts'
import { type Books, readBooks } from './money/books.ts'
import { type Exposure, watchExposure } from './money/exposure.ts'
import { planFaults, runFault, tellFault } from './money/faults.ts'
import { type Asked, ask, runWorker } from './money/load.ts'
import { PLANTS } from './money/plants.ts'
import { type MoneyWorld, openMoneyWorld } from './money/world.ts'
import { MODEL, waitForModel } from './network.ts'

const FAULTS = Number(process.env['BOMBYX_CRASH_FAULTS'] ?? 8)
const SEED = Number(process.env['BOMBYX_CRASH_SEED'] ?? 1)
const WORKERS = 6
const SETTLE_MS = 60_000

const asked: Asked = { whole: 0, cancelled: 0, failed: 0, wrongs: [] }
const exposure: Exposure = { most: 0n }
let books: Books
let log: Awaited<ReturnType<typeof auditLog>>

beforeAll(
  async () => {
    await using world = await openMoneyWorld()
    await breakThings(world)
    books = await settle(world)
    log = await auditLog(world)
    const { figures } = auditMoney(books)
    write(`${asked.whole} answers whole, ${asked.cancelled} cancelled, ${asked.failed} failed`)
    for (const [name, amount] of Object.entries(figures)) write(`${name}: ${amount}`)
  },
  210_000 + FAULTS * 10_000
)

describe(`whoever is killed, ${FAULTS} times by seed ${SEED}`, () => {
  it('no statement and no nanoTON is lost, and nothing is billed or paid twice', () => {
    expect(auditMoney(books).wrongs).toEqual([])
  })

  it('every request ends, and some are answered', () => {
    expect(asked.wrongs).toEqual([])
    expect(asked.whole).toBeGreaterThan(FAULTS)
  })

  it('no host is owed more than the limit', () => {
    write(`the most that a host was owed: ${exposure.most} of ${EXPOSURE_LIMITS.credit} nanoTON`)
    expect(exposure.most).toBeLessThan(EXPOSURE_LIMITS.credit)
  })

  it('the log is one that a stranger accepts', () => {
    expect(log).toMatchObject({ verdict: 'accepted', counts: {} })
  })
})

describe('the audit of those books finds', () => {
  it.each(PLANTS)('$name', ({ plant, finds }) => {
    expect(auditMoney(plant(books)).wrongs).toContainEqual(expect.stringMatching(finds))
  })
})

/** One fault after the other, under load. */
async function breakThings(world: MoneyWorld): Promise<void> {
  const random = seededRandom(SEED)
  const stop = new AbortController()
  const watching = watchExposure(world, exposure, stop.signal)
  const load = Array.from({ length: WORKERS }, (_, at) =>
    runWorker(world.url, seededRandom(SEED + 1 + at), asked, stop.signal)
  )
  try {
    for (const fault of planFaults(random, FAULTS)) {
      write(tellFault(fault))
      await runFault(world, fault)
      await sleep(300 + random() * 700)
    }
  } finally {
    stop.abort()
    await Promise.all([...load, watching])
  }
}

/** When every statement is stored, the client's next run pays what the last ones left; then vouchers and claims get their time. */
async function settle(world: MoneyWorld): Promise<Books> {
  const { network, url } = world
  await world.mended()
  await waitForModel(network.addresses.relay, MODEL, network.payment.payees.length)
  await readUntil(world, (read) => auditStatements(read).length === 0)
  await world.strike('client', 0)
  const askAll = (): Promise<unknown> => {
    const wish = { stream: true, knobs: 'tokens=3 first_delay_ms=300' }
    return Promise.all(Array.from({ length: 8 }, () => ask(url, wish)))
  }
  await askAll()
  return readUntil(world, async (read, round) => {
    if (auditMoney(read).wrongs.length === 0) return true
    if (round % 20 === 19) await askAll()
    return false
  })
}

/** Looks once a second until the books are as they should be, or a minute has passed. */
async function readUntil(
  world: MoneyWorld,
  isSettled: (read: Books, round: number) => boolean | Promise<boolean>
): Promise<Books> {
  const until = Date.now() + SETTLE_MS
  for (let round = 0; ; round++) {
    await sleep(1_000)
    const read = await readBooks(world)
    if ((await isSettled(read, round)) || Date.now() > until) return read
  }
}

function auditLog({ network: { addresses } }: MoneyWorld): ReturnType<typeof runLogAudit> {
  return runLogAudit({
    log: addresses.logUrl,
    key: addresses.logKey,
    chain: { network: 'local', endpoints: [addresses.chain], addresses: [addresses.anchor] },
    seen: [],
    now: () => new Date(),
    onProgress: () => {}
  })
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}
