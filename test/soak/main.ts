import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seededRandom } from '../bench/random.ts'
import { Accounts, type Balance } from './accounts.ts'
import { type Fault, type FaultLog, runFaults } from './faults.ts'
import { type LoadTotals, runWorker } from './load.ts'
import { MemoryWatch } from './memory.ts'
import { startWorld, type World } from './world.ts'

const USAGE = `npm run soak -- [--minutes N] [--seed N] [--workers N]

The whole network under load, with faults that a seed chooses: guests killed, links cut, engines that break, callers that
hang up or read slowly, quarantines. At the end every request must be accounted for and memory must be flat.
`
const SAMPLE_MS = 5_000
const SETTLE_MS = 30_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '12' },
    help: { type: 'boolean', short: 'h' }
  }
})

if (values.help === true) process.stdout.write(USAGE)
else process.exitCode = await soak()

async function soak(): Promise<number> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
  const [minutes, workers] = [Number(values.minutes), Number(values.workers)]
  if (!(minutes > 0) || !Number.isInteger(workers)) throw new TypeError('--minutes and --workers are numbers')
  write(`Bombyx soak, ${new Date().toISOString()}, Node ${process.version}, ${minutes} minutes, seed ${seed}`)
  const accounts = new Accounts()
  await using world = await startWorld((event) => accounts.take(event))
  const totals: LoadTotals = { outcomes: { complete: 0, error: 0, cancelled: 0 }, kinds: new Map(), wrongs: [] }
  const faults: FaultLog = { counts: new Map<Fault, number>(), killed: new Set() }
  const watch = new MemoryWatch()
  const stop = new AbortController()
  const load = Array.from({ length: workers }, (_, worker) =>
    runWorker(world.url, seededRandom(seed + 1 + worker), totals, stop.signal)
  )
  const breaking = runFaults(world, seededRandom(seed), faults, stop.signal)
  await watchFor(minutes * 60_000, { world, watch, totals, faults })
  stop.abort()
  await Promise.all([...load, breaking])
  const balance = await settle(world, accounts, faults)
  return conclude({ balance, totals, faults, watch, world })
}

interface Running {
  readonly world: World
  readonly watch: MemoryWatch
  readonly totals: LoadTotals
  readonly faults: FaultLog
}

/** Samples memory, and says a line a minute how it goes. */
async function watchFor(durationMs: number, { world, watch, totals, faults }: Running): Promise<void> {
  const startedAt = performance.now()
  let minute = 0
  while (performance.now() - startedAt < durationMs) {
    await sleep(Math.min(SAMPLE_MS, durationMs))
    watch.sample(world.pids())
    const now = Math.floor((performance.now() - startedAt) / 60_000)
    if (now === minute) continue
    minute = now
    const { complete, error, cancelled } = totals.outcomes
    write(
      `  ${minute} min: ${complete} complete, ${error} errors, ${cancelled} cancelled; ${tell(faults.counts)}; ${totals.wrongs.length} wrong`
    )
  }
}

/** Statements are on their way for a little while after the last request. */
async function settle(world: World, accounts: Accounts, { killed }: FaultLog): Promise<Balance> {
  const until = performance.now() + SETTLE_MS
  for (;;) {
    const balance = await accounts.balance(world.databaseUrl, { killed, subjects: world.subjects })
    if (balance.wrongs.length === 0 || performance.now() > until) return balance
    await sleep(1_000)
  }
}

function conclude(end: Running & { readonly balance: Balance }): number {
  const { balance, totals, faults, watch, world } = end
  const { complete, error, cancelled } = totals.outcomes
  write(`\nRequests: ${complete} complete, ${error} errors, ${cancelled} cancelled  (${tell(totals.kinds)})`)
  write(
    `Sealed:   ${balance.sealed}: ${balance.complete} complete, ${balance.failed} failed or cancelled, ${balance.superseded} sealed anew`
  )
  write(
    `Books:    ${tell(new Map(Object.entries(balance.statements)))}; ${balance.signedAnew} signed anew, ${balance.lostWithHosts} lost with killed guests`
  )
  write(`Tokens:   ${balance.receiptTokens} by receipts, ${balance.storedTokens} by the books for the same answers`)
  write(`Faults:   ${tell(faults.counts)}\n`)
  const trends = watch.trends()
  for (const { name, firstMiB, lastMiB, mostMiB, slopeMiBPerHour, flat } of trends) {
    const sizes = `${firstMiB.toFixed(0)} → ${lastMiB.toFixed(0)} MiB, at most ${mostMiB.toFixed(0)}`
    write(`  ${name.padEnd(20)} ${sizes}, ${slopeMiBPerHour.toFixed(1)} MiB an hour${flat ? '' : '  GROWS'}`)
  }
  const wrongs = [
    ...totals.wrongs,
    ...balance.wrongs,
    ...world.deaths.map((name) => `the ${name} ended by itself`),
    ...trends.filter(({ flat }) => !flat).map(({ name }) => `${name} grows`),
    ...(balance.receiptTokens === balance.storedTokens ? [] : ['the sums differ'])
  ]
  for (const wrong of wrongs.slice(0, 20)) write(`WRONG: ${wrong}`)
  write(wrongs.length === 0 ? '\nEvery request is accounted for.' : `\n${wrongs.length} wrong.`)
  return wrongs.length === 0 ? 0 : 1
}

function tell(counts: ReadonlyMap<string, number>): string {
  return counts.size === 0 ? 'none' : [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}
