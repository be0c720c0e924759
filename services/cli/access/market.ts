import type { Command } from 'commander'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { ServiceError } from '../../runtime/errors.ts'
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
  const [only, another] = found
  if (only === undefined) throw new ServiceError('NOT_FOUND', `nothing here begins with ${id}`)
  if (another !== undefined) {
    throw new ServiceError('ARGUMENT_INVALID', `${found.length} begin with ${id}: more of it is wanted`)
  }
  return only
}
