import { parseArgs } from 'node:util'
import { type Report, Reporter } from './report.ts'
import { bombyx } from './rules/bombyx.ts'
import { leastConnections, leastOutstanding, roundRobin, runningTimesMean } from './rules/rivals.ts'
import { type MakeRule, simulate } from './simulate.ts'
import { makeWorld, type WorldWish } from './world.ts'

const USAGE = `npm run sim -- [--hosts N] [--requests N] [--load SHARE] [--seed N]

A million requests through ten thousand hosts, by the relay's own rule and by others, in a time of its own.
`

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10000' },
    requests: { type: 'string', default: '1000000' },
    load: { type: 'string', default: '0.8' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' }
  }
})

const RULES: readonly (readonly [string, MakeRule])[] = [
  ['bombyx', bombyx],
  ['least-outstanding scan', leastOutstanding],
  ['round robin', roundRobin],
  ['least connections', leastConnections],
  ['fewest running × mean time', runningTimesMean]
]

function run(): void {
  const wish: WorldWish = {
    hosts: Number(values.hosts),
    requests: Number(values.requests),
    load: Number(values.load),
    seed: Number(values.seed)
  }
  if (![wish.hosts, wish.requests, wish.load].every((number) => number > 0)) throw new TypeError(USAGE)
  write(`Bombyx simulation: ${wish.requests} requests, ${wish.hosts} hosts, load ${wish.load}, seed ${wish.seed}\n`)
  write(`| ${['rule', ...COLUMNS.map(([name]) => name)].join(' | ')} |`)
  write(`|${' --- |'.repeat(COLUMNS.length + 1)}`)
  for (const [name, rule] of RULES) {
    const report = runRule(wish, rule)
    write(`| ${[name, ...COLUMNS.map(([, cell]) => cell(report))].join(' | ')} |`)
  }
}

function runRule(wish: WorldWish, rule: MakeRule): Report {
  const world = makeWorld(wish)
  const reporter = new Reporter(wish.requests, world)
  let told = 0
  const hosts = simulate(world, rule, (outcome) => {
    if (told++ >= wish.requests * WARM_UP) reporter.take(outcome)
  })
  return reporter.conclude(hosts)
}

/** Hosts start empty and unmeasured: what comes first says little. */
const WARM_UP = 0.2

const COLUMNS: readonly (readonly [string, (report: Report) => string])[] = [
  ['first token p50', ({ p50 }) => milliseconds(p50)],
  ['p95', ({ p95 }) => milliseconds(p95)],
  ['p99', ({ p99 }) => milliseconds(p99)],
  ['refused', ({ refused, requests }) => `${((100 * refused) / requests).toFixed(3)} %`],
  ['imbalance', ({ imbalance }) => imbalance.toFixed(3)],
  ['cost', ({ cost }) => cost.toFixed(3)],
  ['fairness', ({ fairness }) => fairness.toFixed(3)],
  ['starvation', ({ starvation }) => starvation.toFixed(2)]
]

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (values.help === true) process.stdout.write(USAGE)
else run()
