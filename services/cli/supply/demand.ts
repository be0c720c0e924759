import type { Command } from 'commander'
import type { Demand, Demand__Output } from '../../../proto/gen/bombyx/v1/Demand.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { findById, MARKET_HELP, type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { EXIT_HELP } from '../exit.ts'
import { print, table } from '../terminal/print.ts'
import { type Field, fromRecord, inPlace, inRecord, printRecords, readRecords, toRecord } from '../terminal/records.ts'
import { tonColumn } from '../terminal/ton.ts'

const EXAMPLES = `
Examples:
  bombyx demand add --organisation acme --model Qwen/Qwen3-8B --queries-per-day 50000 --input-tokens 800 \\
    --output-tokens 300 --peak-factor 4
  bombyx demand add … --model acme/own-32b --billions 32.8 --minimum-policy confidential-gpu --price-ceiling 90000
  bombyx demand import plan.csv        or .json; with a heading of these names in snake_case
  bombyx demand list --csv > plan.csv
${MARKET_HELP}`

const FIELDS: readonly Field[] = [
  { name: 'demand_id', kind: 'hex' },
  { name: 'organisation', kind: 'text' },
  { name: 'model', kind: 'text' },
  { name: 'weights', kind: 'hex' },
  { name: 'billions', kind: 'number' },
  { name: 'active_billions', kind: 'number' },
  { name: 'queries_per_day', kind: 'whole' },
  { name: 'input_tokens', kind: 'whole' },
  { name: 'output_tokens', kind: 'whole' },
  { name: 'peak_factor', kind: 'number' },
  { name: 'price_ceiling', kind: 'amount' },
  { name: 'latency_ceiling_ms', kind: 'whole' },
  { name: 'region', kind: 'text' },
  { name: 'minimum_policy', kind: 'text' }
]

const ABOUT: Readonly<Record<string, string>> = {
  organisation: "whose; an organisation's own key says so",
  model: 'its id',
  weights: "SHA-256 of the weights' manifest, hex (default: any of that name)",
  billions: "of weights, where the model's card is not known",
  active_billions: 'of weights that one token passes through (default: all)',
  queries_per_day: 'how many',
  input_tokens: 'average a query',
  output_tokens: 'average a query',
  peak_factor: 'queries a second at the peak over their average (default 1)',
  price_ceiling: 'nanoTON for one average query',
  latency_ceiling_ms: 'milliseconds to the first token',
  region: 'where (default: anywhere)',
  minimum_policy: 'hosts are at least: listed, affirming, hardware, confidential-gpu'
}

export function addCommand(program: Command): void {
  const demand = program
    .command('demand')
    .description('What organisations will ask for: a plan, not a permit.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  const add = marketCommand(demand, 'add', 'register one')
  for (const { name } of FIELDS.slice(1)) add.option(`--${name.replaceAll('_', '-')} <value>`, ABOUT[name])
  add.action(async (options: MarketOptions & Readonly<Record<string, string>>) => {
    const own = FIELDS.slice(1).map(({ name }) => [name, options[camel(name)]] as const)
    await putAll([['', Object.fromEntries(own.filter(([, value]) => value !== undefined))]], options)
  })
  marketCommand(demand, 'import <file>', 'register or change those of a .csv or .json file').action(
    async (file: string, options: MarketOptions) => putAll(await readRecords(file), options)
  )
  marketCommand(demand, 'list', 'all that this caller may see')
    .option('--csv', 'print CSV')
    .action(async (options: MarketOptions) => {
      await withMarket(options, async (market) => show((await callUnary(market, 'ListDemands', {})).demands, options))
    })
  marketCommand(demand, 'show <id>', 'one').action(async (id: string, options: MarketOptions) => {
    await withMarket(options, async (market) => {
      show([findById((await callUnary(market, 'ListDemands', {})).demands, ({ demandId }) => demandId, id)], options)
    })
  })
  marketCommand(demand, 'remove <id>', 'nobody will ask for it').action(async (id: string, options: MarketOptions) => {
    await withMarket(options, async (market) => {
      const { demands } = await callUnary(market, 'ListDemands', {})
      const { demandId } = findById(demands, (one) => one.demandId, id)
      await callUnary(market, 'RemoveDemand', { demandId })
      show(
        demands.filter((one) => one.demandId !== demandId),
        options
      )
    })
  })
}

async function putAll(
  records: readonly (readonly [string, Readonly<Record<string, unknown>>])[],
  options: MarketOptions
): Promise<void> {
  // All are read before any is sent.
  const demands = records.map(([where, record]) => {
    return [where, inRecord(where, () => fromRecord(record, FIELDS) as Demand)] as const
  })
  await withMarket(options, async (market) => {
    const put: Demand__Output[] = []
    for (const [where, demand] of demands) put.push(await inPlace(where, callUnary(market, 'PutDemand', demand)))
    show(put, options)
  })
}

function show(demands: readonly Demand__Output[], options: MarketOptions): void {
  const records = demands.map((one) => toRecord(one, FIELDS))
  printRecords(records, options, {
    names: FIELDS.map(({ name }) => name),
    show: () => {
      if (demands.length === 0) return print('no demand yet: `bombyx demand add`')
      const rows = demands.map((one) => [
        one.demandId.toString('hex').slice(0, 12),
        one.organisation,
        one.model,
        String(one.queriesPerDay),
        `${one.inputTokens} + ${one.outputTokens}`,
        String(one.peakFactor),
        one.priceCeiling === '0' ? 'any' : tonColumn(one.priceCeiling),
        one.region || 'anywhere',
        one.minimumPolicy
      ])
      const heading = [
        'DEMAND',
        'ORGANISATION',
        'MODEL',
        'QUERIES/DAY',
        'TOKENS',
        'PEAK',
        'TON/QUERY',
        'REGION',
        'POLICY'
      ]
      print(...table([heading, ...rows]))
    }
  })
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
