import { type DatabaseConfig, readDatabaseConfig } from '../runtime/database.ts'
import type { EnvReader } from '../runtime/env.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'

export interface LogConfig extends ListenConfig {
  /** Where strangers read over HTTP; with the same TLS files. */
  readonly http: string
  readonly database: DatabaseConfig
  /** Path of the file of the writers' tokens, hashed. Without it anybody on loopback may write under any name. */
  readonly tokens?: string
  /** The first line of every checkpoint, and the name of the log's key. */
  readonly origin: string
  /** Path of the log's key; the head that it signed last is kept beside it. */
  readonly key: string
  /** A head that does not change is given a new time this often, in milliseconds. */
  readonly refreshMs: number
  /** After this long without a sign of life another replica takes over as sequencer. */
  readonly leaseMs: number
}

/**
 * Reads BOMBYX_LOG_ORIGIN, BOMBYX_LOG_KEY, BOMBYX_LOG_HTTP_LISTEN, BOMBYX_LOG_REFRESH, BOMBYX_LOG_LEASE, BOMBYX_TOKENS and what all
 * servers with a database read.
 */
export function readLogConfig(env: EnvReader): LogConfig {
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  return {
    ...readListenConfig(env),
    http: env.text('BOMBYX_LOG_HTTP_LISTEN', '127.0.0.1:0'),
    database: readDatabaseConfig(env),
    ...(tokens === undefined ? {} : { tokens }),
    origin: env.text('BOMBYX_LOG_ORIGIN'),
    key: env.path('BOMBYX_LOG_KEY'),
    refreshMs: env.duration('BOMBYX_LOG_REFRESH', '30s'),
    leaseMs: env.duration('BOMBYX_LOG_LEASE', '5s')
  }
}
