import type { Command } from 'commander'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { readAddress } from './network.ts'
import { dialOf, type ServiceOptions, serviceCommand, withService } from './service.ts'

export interface MarketOptions extends ServiceOptions {
  readonly market?: string
  readonly csv?: true
}

export const MARKET_HELP = `
--market names the market; without it, that of the network that is up on this machine. BOMBYX_TOKEN says who calls: the
operator's token, an organisation's API key, or a provider's enrolment token or login.`

/** A command that asks a market. */
export function marketCommand(parent: Command, usage: string, description: string): Command {
  return serviceCommand('market', parent, usage, description)
}

export async function withMarket<Result>(
  options: MarketOptions,
  work: (market: MarketClient) => Promise<Result>
): Promise<Result> {
  const authority = await readAddress(options.market, options.data, 'market')
  return withService(bombyxV1.Market, authority, work, dialOf(options))
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
