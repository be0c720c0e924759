import type { Command } from 'commander'
import type { GetBillRequest } from '../../../proto/gen/bombyx/v1/GetBillRequest.ts'
import { type MarketOptions, marketCommand } from '../access/market.ts'
import { type PeriodOptions, periodOf, withPeriod } from './period.ts'

export interface BillOptions extends MarketOptions, PeriodOptions {
  readonly organisation?: string
}

/** A command about a part of the bill. */
export function billCommand(bill: Command, name: string, summary: string): Command {
  return withPeriod(marketCommand(bill, name, summary)).option('--organisation <name>', 'of one')
}

export function wishOf(options: BillOptions): GetBillRequest {
  return { ...periodOf(options), organisation: options.organisation ?? '' }
}
