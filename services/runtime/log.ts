import { isatty } from 'node:tty'
import { pino } from 'pino'
import { AttestationError } from '../../attestation/errors.ts'
import { ServiceError } from './errors.ts'

/**
 * What a log line may say beside its message. The list is closed, so that no prompt, key, token or metadata gets into a
 * log by being part of an object that was at hand. Digests, ids and nonces are public and go in as hex.
 */
export interface LogFields {
  readonly address?: string
  readonly attempt?: number
  readonly authority?: string
  readonly bytes?: number
  readonly bytesIn?: number
  readonly bytesOut?: number
  readonly code?: string
  readonly count?: number
  readonly delayMs?: number
  readonly durationMs?: number
  readonly epoch?: string
  readonly event?: string
  readonly fmspc?: string
  readonly host?: string
  readonly index?: string
  readonly keysetDigest?: string
  readonly legs?: number
  readonly method?: string
  readonly model?: string
  readonly name?: string
  readonly notAfter?: string
  readonly path?: string
  readonly pid?: number
  readonly port?: number
  readonly provider?: string
  readonly reason?: string
  readonly region?: string
  readonly relay?: string
  readonly requestId?: string
  readonly root?: string
  readonly seq?: string
  readonly sessionId?: string
  readonly signal?: string
  readonly size?: string
  readonly slots?: number
  readonly state?: string
  readonly status?: string | number
  readonly streams?: number
  readonly subject?: string
  readonly tcbStatus?: string
  readonly tee?: string
  readonly url?: string
  readonly version?: string
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** `error` is what was thrown; of errors that are not ours only name, code and stack frames are written. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields, error?: unknown): void
  error(message: string, fields?: LogFields, error?: unknown): void
}

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent']
const STDERR = 2

export interface LoggerOptions {
  readonly level?: LogLevel | 'silent'
  /** Where lines go; stderr when absent. */
  readonly write?: (line: string) => void
  /** Lines for people; when absent, exactly when stderr is a terminal. */
  readonly pretty?: boolean
}

/** JSON lines (one object a line: level, time, service, message and fields) or, for people, plain ones. */
export function createLogger(name: string, options: LoggerOptions = {}): Logger {
  const pretty = options.pretty ?? (options.write === undefined && isatty(STDERR))
  const destination = options.write === undefined ? pino.destination({ dest: STDERR, sync: true }) : undefined
  const write = options.write ?? ((line: string): void => void destination?.write(line))
  const target = { write: (line: string): void => write(pretty ? formatLine(line) : line) }
  const level = options.level ?? 'info'
  const lines = pino(
    {
      level,
      base: { service: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) }
    },
    target
  )
  return {
    debug: (message, fields = {}) => lines.debug(fields, message),
    info: (message, fields = {}) => lines.info(fields, message),
    warn: (message, fields = {}, error) => lines.warn({ ...fields, ...describeError(error) }, message),
    error: (message, fields = {}, error) => lines.error({ ...fields, ...describeError(error) }, message)
  }
}

/** Says nothing; what services use when they are started without a logger. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function isLogLevel(text: string): text is LogLevel | 'silent' {
  return LEVELS.includes(text)
}

/**
 * What may be written of an error. The messages of ours are composed from what may be seen; those of others may quote
 * input (`JSON.parse` does), so of them only the name, a system code and the frames are kept.
 */
export function describeError(error: unknown): Readonly<Record<string, string>> {
  if (error === undefined) return {}
  if (error instanceof ServiceError || error instanceof AttestationError) {
    const cause = error.cause === undefined ? undefined : describeError(error.cause)
    return { errorCode: error.code, error: error.message, ...prefixCause(cause) }
  }
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : ''
  return { error: code === '' ? error.name : `${error.name} ${code}`, frames: stackFrames(error) }
}

function prefixCause(cause: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  if (cause === undefined) return {}
  return Object.fromEntries(Object.entries(cause).map(([key, value]) => [`cause.${key}`, value]))
}

function stackFrames(error: Error): string {
  const lines = error.stack?.split('\n') ?? []
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
    .join('; ')
}

// A model's name comes from whoever asks for it: nothing that a terminal would obey.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function formatLine(line: string): string {
  const { level, time, service, message, ...fields } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${String(value).replace(UNPRINTABLE, '\ufffd')}`)
  const clock = String(time).slice(11, 23)
  return `${[clock, String(level).padEnd(5), service, message, ...rest].join(' ')}\n`
}
