import { type Command, InvalidArgumentError } from 'commander'
import { parseWhole } from '../terminal/arguments.ts'
import { tonColumn } from '../terminal/ton.ts'

export interface LimitOptions {
  readonly requestsPerMinute?: number
  readonly tokensPerDay?: string
  readonly nanotonPerMonth?: string
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

function parseDigits(text: string): string {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return text
}

/** The same of nanoTON. */
export function tonLimitText(limit: string | undefined): string {
  return limit === undefined || limit === '0' ? 'any' : tonColumn(limit)
}
