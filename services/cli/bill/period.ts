import { type Command, InvalidArgumentError } from 'commander'

export interface PeriodOptions {
  /** Unix seconds. */
  readonly from?: number
  readonly to?: number
}

export function withPeriod(command: Command): Command {
  return command
    .option('--from <day>', 'YYYY-MM-DD, UTC (default: the beginning of this month)', parseDay)
    .option('--to <day>', 'YYYY-MM-DD, excluded (default: now)', parseDay)
}

export function periodOf({ from, to }: PeriodOptions): { readonly from: number; readonly to: number } {
  return { from: from ?? 0, to: to ?? 0 }
}

function parseDay(text: string): number {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('a day is YYYY-MM-DD')
  return milliseconds / 1000
}
