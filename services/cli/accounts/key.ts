import type { Command } from 'commander'
import type { ApiKey__Output } from '../../../proto/gen/bombyx/v1/ApiKey.ts'
import type { KeyScope } from '../../../proto/gen/bombyx/v1/KeyScope.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { findById, MARKET_HELP, type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { EXIT_HELP } from '../exit.ts'
import { parseWords } from '../terminal/arguments.ts'
import { print, printJson, table, warn } from '../terminal/print.ts'
import { type Field, printRecords, toRecord } from '../terminal/records.ts'
import { type LimitOptions, limitsOf, limitText, tonLimitText, withLimits } from './limits.ts'

const EXAMPLES = `
Examples:
  bombyx key create acme laptop --models Qwen/Qwen3-8B --policy confidential-gpu --requests-per-minute 60
      The key goes to the terminal, once. Relays take it within seconds.
  bombyx key list --organisation acme
  bombyx key revoke 3f2a9c
${MARKET_HELP}`

interface ScopeOptions extends LimitOptions {
  readonly models?: readonly string[]
  readonly policy?: string
}

const FIELDS: readonly Field[] = [
  { name: 'key_id', kind: 'hex' },
  { name: 'organisation', kind: 'text' },
  { name: 'name', kind: 'text' },
  { name: 'models', kind: 'list', at: 'scope.models' },
  { name: 'minimum_policy', kind: 'text', at: 'scope.minimumPolicy' },
  { name: 'requests_per_minute', kind: 'number', at: 'scope.limits.requestsPerMinute' },
  { name: 'tokens_per_day', kind: 'amount', at: 'scope.limits.tokensPerDay' },
  { name: 'nanoton_per_month', kind: 'amount', at: 'scope.limits.nanotonPerMonth' },
  { name: 'created_at', kind: 'number' },
  { name: 'revoked_at', kind: 'number' }
]

export function addCommand(program: Command): void {
  const key = program
    .command('key')
    .description("Organisations' API keys.")
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  withScope(marketCommand(key, 'create <organisation> <name>', 'make a key')).action(
    async (organisation: string, name: string, options: MarketOptions & ScopeOptions) => {
      await withMarket(options, async (market) => {
        const wish = { organisation, name, scope: scopeOf(options) }
        const { key: made, secret } = await callUnary(market, 'CreateKey', wish)
        if (made === null) throw new Error('the market made no key')
        if (options.json === true) return printJson({ ...toRecord(made, FIELDS), secret })
        warn(`key for ${organisation}, shown this once: ${secret}`)
        show([made], options)
      })
    }
  )
  marketCommand(key, 'list', 'all, revoked ones too')
    .option('--organisation <name>', 'of one')
    .option('--csv', 'print CSV')
    .action(async (options: MarketOptions & { readonly organisation?: string }) => {
      await withMarket(options, async (market) => {
        const { keys } = await callUnary(market, 'ListKeys', { organisation: options.organisation ?? '' })
        show(keys, options)
      })
    })
  withScope(marketCommand(key, 'set <id>', 'change what a key may do; what is not named stays')).action(
    async (id: string, options: MarketOptions & ScopeOptions) => {
      await withMarket(options, async (market) => {
        const found = findById((await callUnary(market, 'ListKeys', {})).keys, ({ keyId }) => keyId, id)
        const scope = scopeOf(options, found)
        show([await callUnary(market, 'SetKey', { keyId: found.keyId, scope })], options)
      })
    }
  )
  marketCommand(key, 'revoke <id>', 'no relay takes it from now on').action(
    async (id: string, options: MarketOptions) => {
      await withMarket(options, async (market) => {
        const found = findById((await callUnary(market, 'ListKeys', {})).keys, ({ keyId }) => keyId, id)
        show([await callUnary(market, 'RevokeKey', { keyId: found.keyId })], options)
      })
    }
  )
}

function withScope(command: Command): Command {
  return withLimits(command)
    .option('--models <ids>', 'comma-separated; default: any', parseWords)
    .option('--policy <level>', 'hosts are at least: listed, affirming, hardware, confidential-gpu')
}

function scopeOf(options: ScopeOptions, before?: ApiKey__Output): KeyScope {
  return {
    models: [...(options.models ?? before?.scope?.models ?? [])],
    minimumPolicy: options.policy ?? before?.scope?.minimumPolicy ?? '',
    limits: limitsOf(options, before?.scope?.limits)
  }
}

function show(keys: readonly ApiKey__Output[], options: MarketOptions): void {
  const records = keys.map((one) => toRecord(one, FIELDS))
  printRecords(records, options, {
    names: FIELDS.map(({ name }) => name),
    show: () => {
      if (keys.length === 0) return print('no key yet: `bombyx key create`')
      const rows = keys.map(({ keyId, organisation, name, scope, revokedAt }) => [
        keyId.toString('hex').slice(0, 12),
        organisation,
        name,
        revokedAt === '0' ? 'good' : 'revoked',
        scope?.models.join(' ') || 'any',
        scope?.minimumPolicy ?? '',
        limitText(scope?.limits?.requestsPerMinute),
        limitText(scope?.limits?.tokensPerDay),
        tonLimitText(scope?.limits?.nanotonPerMonth)
      ])
      const heading = ['KEY', 'ORGANISATION', 'NAME', 'STATE', 'MODELS', 'POLICY', 'REQ/MIN', 'TOKENS/DAY', 'TON/MONTH']
      print(...table([heading, ...rows]))
    }
  })
}
