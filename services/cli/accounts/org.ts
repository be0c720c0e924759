import type { Command } from 'commander'
import type { Organisation__Output } from '../../../proto/gen/bombyx/v1/Organisation.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { MARKET_HELP, type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { EXIT_HELP } from '../exit.ts'
import { print, table } from '../terminal/print.ts'
import { type Field, printRecords, toRecord } from '../terminal/records.ts'
import { type LimitOptions, limitsOf, limitText, tonLimitText, withLimits } from './limits.ts'

const EXAMPLES = `
Examples:
  bombyx org create acme --tokens-per-day 50000000
  bombyx org set acme --nanoton-per-month 250000000000
  bombyx org list
${MARKET_HELP}`

const FIELDS: readonly Field[] = [
  { name: 'name', kind: 'text' },
  { name: 'requests_per_minute', kind: 'number', at: 'limits.requestsPerMinute' },
  { name: 'tokens_per_day', kind: 'amount', at: 'limits.tokensPerDay' },
  { name: 'nanoton_per_month', kind: 'amount', at: 'limits.nanotonPerMonth' }
]

export function addCommand(program: Command): void {
  const org = program
    .command('org')
    .description('Organisations, whose keys may ask.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  withLimits(marketCommand(org, 'create <name>', 'make one')).action(
    async (name: string, options: MarketOptions & LimitOptions) => {
      await withMarket(options, async (market) => {
        const known = (await callUnary(market, 'ListOrganisations', {})).organisations
        if (known.some((one) => one.name === name))
          throw new ServiceError('ARGUMENT_INVALID', `${name} is there: \`bombyx org set\` changes it`)
        show([await callUnary(market, 'PutOrganisation', { name, limits: limitsOf(options) })], options)
      })
    }
  )
  withLimits(marketCommand(org, 'set <name>', 'change its limits; those not named stay')).action(
    async (name: string, options: MarketOptions & LimitOptions) => {
      await withMarket(options, async (market) => {
        const known = (await callUnary(market, 'ListOrganisations', {})).organisations
        const before = known.find((one) => one.name === name)
        if (before === undefined) throw new ServiceError('ORGANISATION_UNKNOWN', `there is no organisation "${name}"`)
        show([await callUnary(market, 'PutOrganisation', { name, limits: limitsOf(options, before.limits) })], options)
      })
    }
  )
  marketCommand(org, 'list', 'all of them')
    .option('--csv', 'print CSV')
    .action(async (options: MarketOptions) => {
      await withMarket(options, async (market) => {
        show((await callUnary(market, 'ListOrganisations', {})).organisations, options)
      })
    })
}

function show(organisations: readonly Organisation__Output[], options: MarketOptions): void {
  const records = organisations.map((one) => toRecord(one, FIELDS))
  printRecords(records, options, {
    names: FIELDS.map(({ name }) => name),
    show: () => {
      if (organisations.length === 0) return print('no organisation yet: `bombyx org create`')
      const rows = organisations.map(({ name, limits }) => [
        name,
        limitText(limits?.requestsPerMinute),
        limitText(limits?.tokensPerDay),
        tonLimitText(limits?.nanotonPerMonth)
      ])
      print(...table([['ORGANISATION', 'REQUESTS/MIN', 'TOKENS/DAY', 'TON/MONTH'], ...rows]))
    }
  })
}
