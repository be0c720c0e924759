import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { connect } from '../../runtime/grpc-client.ts'
import { DATA_OPTION, readAddress } from './network.ts'

export interface MarketOptions {
  readonly market?: string
  readonly tlsCa?: string
  readonly data: string
  readonly json?: true
  readonly csv?: true
}

export interface LimitOptions {
  readonly requestsPerMinute?: number
  readonly tokensPerDay?: string
  readonly nanotonPerMonth?: string
}

export const MARKET_HELP = `
--market names the market; without it, that of the network that is up on this machine. BOMBYX_TOKEN says who calls: the
operator's token, an organisation's API key, or a provider's enrolment token or login.`

/** A command that asks a market. */
export function marketCommand(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--market <authority>', 'host:port of the market')
    .option('--tls-ca <file>', "PEM of the CA of the market's certificate (default: the system's)")
    .option(...DATA_OPTION)
    .option('--json', 'print JSON')
}

export function withLimits(command: Command): Command {
  return command
    .option('--requests-per-minute <n>', '0: any', parseWhole)
    .option('--tokens-per-day <n>', 'of every class, a UTC day; 0: any', parseDigits)
    .option('--nanoton-per-month <n>', 'a UTC month; 0: any', parseDigits)
}

export function limitsOf(options: LimitOptions, before?: LimitOptions | null) {
  return {
    requestsPerMinute: options.requestsPerMinute ?? before?.requestsPerMinute ?? 0,
    tokensPerDay: options.tokensPerDay ?? before?.tokensPerDay ?? '0',
    nanotonPerMonth: options.nanotonPerMonth ?? before?.nanotonPerMonth ?? '0'
  }
}

/** What a limit is called among people. */
export function limitText(limit: number | string | undefined): string {
  return limit === undefined || String(limit) === '0' ? 'any' : String(limit)
}

export async function withMarket<Result>(
  options: MarketOptions,
  work: (market: MarketClient) => Promise<Result>
): Promise<Result> {
  const token = process.env['BOMBYX_TOKEN']
  const market = await connect(bombyxV1.Market, await readAddress(options.market, options.data, 'market'), {
    ...(options.tlsCa === undefined ? {} : { tlsCa: resolve(options.tlsCa) }),
    ...(token === undefined ? {} : { token })
  })
  try {
    return await work(market)
  } finally {
    market.close()
  }
}

/** People type the beginning of an id. */
export function findById<Thing>(things: readonly Thing[], idOf: (thing: Thing) => Buffer, id: string): Thing {
  const found = things.filter((thing) => idOf(thing).toString('hex').startsWith(id.toLowerCase()))
  const [only] = found
  if (only === undefined || found.length > 1) {
    throw new Error(only === undefined ? `nothing begins with ${id}` : `${found.length} begin with ${id}`)
  }
  return only
}

export function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return Number(text)
}

export function parseDigits(text: string): string {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return text
}

export function parseNumber(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError('a number is wanted')
  return Number(text)
}

export function parseWords(text: string): readonly string[] {
  return text.split(',').filter((word) => word !== '')
}
