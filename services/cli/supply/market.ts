import type { Command } from 'commander'
import type { Plan__Output } from '../../../proto/gen/bombyx/v1/Plan.ts'
import type { PlannedHost__Output } from '../../../proto/gen/bombyx/v1/PlannedHost.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { MARKET_HELP, type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { addFees } from '../earn/fees.ts'
import { EXIT_HELP } from '../exit.ts'
import { parseWhole } from '../terminal/arguments.ts'
import { bold, dim, print, printJson, table } from '../terminal/print.ts'
import { type Field, toRecord } from '../terminal/records.ts'
import { formatTon } from '../terminal/ton.ts'

const EXAMPLES = `
Examples:
  bombyx market plan                  who should hold what, for the operator
  BOMBYX_TOKEN=bmx_… bombyx market plan --json
      An organisation sees what becomes of its demands, a provider what its hosts should hold and may earn.
  bombyx market fees                  what each escrow owes the market, for the operator
  bombyx market collect --wallet market.key --at-least 0.05
${MARKET_HELP}`

const HOST_FIELDS: readonly Field[] = [
  { name: 'host_id', kind: 'hex' },
  { name: 'provider', kind: 'text' },
  { name: 'model', kind: 'text' },
  { name: 'holds', kind: 'text' },
  { name: 'moves', kind: 'text' },
  { name: 'queries_per_day', kind: 'number' },
  { name: 'earnings_per_day', kind: 'amount' },
  { name: 'speed_milli', kind: 'number' },
  { name: 'measured_by', kind: 'number' }
]

const DEMAND_FIELDS: readonly Field[] = [
  { name: 'demand_id', kind: 'hex' },
  { name: 'organisation', kind: 'text' },
  { name: 'model', kind: 'text' },
  { name: 'served_queries_per_day', kind: 'number' },
  { name: 'unmet_queries_per_day', kind: 'number' },
  { name: 'cost_per_day', kind: 'amount' },
  { name: 'unmet_because', kind: 'text' }
]

const WHY: Readonly<Record<string, string>> = {
  'no-host': 'no declared host may and can serve it: model, memory, price, speed, region or policy',
  capacity: 'those that may serve it are full',
  'unknown-model': 'nobody has measured the model, by a prompt or more, or said its size (--billions)'
}

/** A solver may take what it is given, and the call some more. */
const MARGIN_SECONDS = 30
const DEFAULT_SECONDS = 10

export function addCommand(program: Command): void {
  const market = program
    .command('market')
    .description('Supply against demand.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  marketCommand(market, 'plan', 'who should hold which model, what stays unmet and why, costs and earnings')
    .option('--seconds <n>', 'the most that the solver takes', parseWhole, DEFAULT_SECONDS)
    .action(async (options: MarketOptions & { readonly seconds: number }) => {
      await withMarket(options, async (client) => {
        const deadlineMs = (options.seconds + MARGIN_SECONDS) * 1000
        const plan = await callUnary(client, 'GetPlan', { seconds: options.seconds }, { deadlineMs })
        if (options.json === true) printPlanJson(plan)
        else printPlan(plan)
      })
    })
  addFees(market)
}

function printPlanJson(plan: Plan__Output): void {
  printJson({
    made_at: Number(plan.madeAt),
    gaps: { unmet: plan.unmetGapPpm / 1e6, cost: plan.costGapPpm / 1e6, moves: plan.movesGapPpm / 1e6 },
    hosts: plan.hosts.map((host) => ({ ...toRecord(host, HOST_FIELDS), moves: host.moves })),
    demands: plan.demands.map((demand) => ({ ...toRecord(demand, DEMAND_FIELDS) }))
  })
}

function printPlan({ hosts, demands, unmetGapPpm, costGapPpm, movesGapPpm }: Plan__Output): void {
  if (hosts.length > 0) {
    const rows = hosts.map((host) => [
      host.hostId.toString('hex').slice(0, 12),
      host.provider,
      host.model === '' ? 'nothing' : host.model,
      host.model === '' ? '' : host.moves ? `load it, in place of ${host.holds || 'nothing'}` : 'holds it',
      host.queriesPerDay,
      `${formatTon(BigInt(host.earningsPerDay))} TON`,
      speedText(host)
    ])
    print(
      ...table([['HOST', 'PROVIDER', 'SHOULD HOLD', '', 'QUERIES/DAY', 'EARNS A DAY', 'WRITES AT MOST'], ...rows]),
      ''
    )
  }
  const rows = demands.map((demand) => [
    demand.demandId.toString('hex').slice(0, 12),
    demand.organisation,
    demand.model,
    demand.servedQueriesPerDay,
    demand.unmetQueriesPerDay,
    `${formatTon(BigInt(demand.costPerDay))} TON`,
    WHY[demand.unmetBecause] ?? demand.unmetBecause
  ])
  if (rows.length === 0) print('no demand: `bombyx demand add`')
  else print(...table([['DEMAND', 'ORGANISATION', 'MODEL', 'SERVED/DAY', 'UNMET/DAY', 'COSTS A DAY', 'WHY'], ...rows]))
  const gap = [
    ['unmet demand', unmetGapPpm],
    ['cost', costGapPpm],
    ['moves', movesGapPpm]
  ] as const
  print('', bold('How far from the best it may be'))
  print(dim(`  ${gap.map(([name, ppm]) => `${name} ${ppm / 10_000} %`).join(', ')}`))
}

function speedText({ speedMilli, measuredBy }: PlannedHost__Output): string {
  if (speedMilli === '0') return ''
  const by = measuredBy === '0' ? 'data sheets' : measuredBy === '1' ? '1 request' : `${measuredBy} requests`
  return `${Math.round(Number(speedMilli) / 1000)} tokens/s, by ${by}`
}
