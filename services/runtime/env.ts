import { resolve } from 'node:path'
import { ServiceError } from './errors.ts'

export interface IntegerRange {
  readonly fallback?: number
  readonly min?: number
  readonly max?: number
}

/**
 * Reads settings by name. An empty variable counts as absent; without a fallback an absent one is refused. Every
 * refusal is `CONFIG_INVALID`, names the variable, and never repeats a secret's value.
 */
export interface EnvReader {
  text(name: string, fallback?: string): string
  optionalText(name: string): string | undefined
  integer(name: string, range?: IntegerRange): number
  optionalInteger(name: string, range?: Omit<IntegerRange, 'fallback'>): number | undefined
  /** A 64-bit amount (nanoTON), decimal digits. */
  amount(name: string, fallback?: bigint): bigint
  /** `250ms`, `30s`, `15m`, `24h`: in milliseconds. */
  duration(name: string, fallback?: string): number
  /** Absolute; relative ones start at the working directory. */
  path(name: string, fallback?: string): string
  optionalPath(name: string): string | undefined
  /** Comma-separated, trimmed, without empty members. Absent: the fallback, which defaults to no members. */
  list(name: string, fallback?: readonly string[]): readonly string[]
  /** `true`, `1`, `false` or `0`. */
  flag(name: string, fallback: boolean): boolean
  secret(name: string): string
  optionalSecret(name: string): string | undefined
  /** One of `choices`. */
  choice<const Choice extends string>(name: string, choices: readonly Choice[], fallback?: NoInfer<Choice>): Choice
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false }

export function createEnvReader(env: Readonly<Record<string, string | undefined>>): EnvReader {
  const optionalText = (name: string): string | undefined => env[name] || undefined
  const text = (name: string, fallback?: string): string => optionalText(name) ?? fallback ?? refuseAbsent(name)
  const optionalInteger = (name: string, range: IntegerRange = {}): number | undefined => {
    const value = optionalText(name)
    return value === undefined ? undefined : parseInteger(name, value, range)
  }
  const optionalPath = (name: string): string | undefined => {
    const value = optionalText(name)
    return value === undefined ? undefined : resolve(value)
  }
  return {
    text,
    optionalText,
    optionalInteger,
    optionalPath,
    integer: (name, range = {}) => optionalInteger(name, range) ?? range.fallback ?? refuseAbsent(name),
    amount: (name, fallback) => parseAmount(name, optionalText(name)) ?? fallback ?? refuseAbsent(name),
    duration: (name, fallback) => parseDuration(name, text(name, fallback)),
    path: (name, fallback) => resolve(text(name, fallback)),
    list: (name, fallback = []) => parseList(optionalText(name)) ?? fallback,
    flag: (name, fallback) => parseFlag(name, optionalText(name)) ?? fallback,
    secret: (name) => text(name),
    optionalSecret: optionalText,
    choice: (name, choices, fallback) => parseChoice(name, choices, text(name, fallback))
  }
}

/** The refusal of a setting, for rules that only its reader knows. */
export function configError(name: string, rule: string, cause?: unknown): ServiceError {
  return new ServiceError('CONFIG_INVALID', `${name}: ${rule}`, { cause })
}

function refuseAbsent(name: string): never {
  throw configError(name, 'not set')
}

function parseInteger(name: string, value: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange): number {
  const number = /^-?\d{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(number) || number < min || number > max) {
    throw configError(name, `an integer from ${min} to ${max} is wanted, not ${JSON.stringify(value)}`)
  }
  return number
}

function parseAmount(name: string, value: string | undefined): bigint | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,19}$/.test(value)) throw configError(name, `decimal digits are wanted, not ${JSON.stringify(value)}`)
  return BigInt(value)
}

function parseDuration(name: string, value: string): number {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) ?? []
  const factor = DURATION_UNITS[unit ?? '']
  if (digits === undefined || factor === undefined) {
    throw configError(name, `a duration like 250ms, 30s, 15m or 24h is wanted, not ${JSON.stringify(value)}`)
  }
  return Number(digits) * factor
}

function parseList(value: string | undefined): readonly string[] | undefined {
  return value
    ?.split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

function parseFlag(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  const flag = Object.hasOwn(FLAGS, value) ? FLAGS[value] : undefined
  if (flag === undefined) throw configError(name, `true or false is wanted, not ${JSON.stringify(value)}`)
  return flag
}

function parseChoice<Choice extends string>(name: string, choices: readonly Choice[], value: string): Choice {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined)
    throw configError(name, `one of ${choices.join(', ')} is wanted, not ${JSON.stringify(value)}`)
  return choice
}
