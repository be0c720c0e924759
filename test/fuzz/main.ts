import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { printReports } from './print.ts'
import { RPC_INPUTS_SHARE, runRpcCampaign } from './rpc.ts'
import type { FuzzReport } from './target.ts'
import { parserTargets } from './targets/index.ts'

const USAGE = `npm run fuzz -- [--count N] [--seed N] [--only NAME]…

Reads at least N inputs (220,000 unless told otherwise) in every parser and RPC: valid ones with a few changes, and
noise. The same seed gives parsers the same inputs. --only takes what a target's name begins with; RPCs begin with "rpc".
`
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '220000' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h' }
  }
})

let last = 0

if (values.help === true) process.stdout.write(USAGE)
else process.exitCode = await main()

async function main(): Promise<number> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
  const count = Number(values.count)
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count))
    throw new TypeError('--seed and --count are integers')
  process.stdout.write(`Bombyx fuzz, ${new Date().toISOString()}, Node ${process.version}, seed ${seed}\n`)
  const isWanted = (name: string): boolean =>
    values.only === undefined || values.only.some((one) => name.startsWith(one))
  const reports: FuzzReport[] = []
  const isRpcWanted = values.only?.some((one) => one.startsWith('rpc')) ?? true
  const rpcInputs = isRpcWanted ? Math.ceil(count * RPC_INPUTS_SHARE) : 0
  const targets = (await parserTargets()).filter(({ name }) => isWanted(name))
  if (targets.length > 0) reports.push(...(await runCampaign(targets, { inputs: count - rpcInputs, seed, progress })))
  if (rpcInputs > 0) reports.push(...(await runRpcCampaign({ inputs: rpcInputs, seed, progress }, isWanted)))
  return conclude(reports)
}

function conclude(reports: readonly FuzzReport[]): number {
  const failed = reports.filter(({ failure }) => failure !== undefined)
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0)
  process.stdout.write(`\n${printReports(reports)}\n`)
  for (const { name, failure } of failed) process.stdout.write(`\n${name}: ${failure}\n`)
  const end = failed.length === 0 ? 'no bug found' : `${failed.length} targets FAILED`
  process.stdout.write(`\n${inputs.toLocaleString('en')} inputs, ${end}\n`)
  return failed.length === 0 ? 0 : 1
}

function progress(name: string, done: number, of: number): void {
  if (Date.now() - last < 5_000) return
  last = Date.now()
  process.stdout.write(`  ${name}: ${done} of ${of}\n`)
}
