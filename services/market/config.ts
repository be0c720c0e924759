import { type DatabaseConfig, readDatabaseConfig } from '../runtime/database.ts'
import type { EnvReader } from '../runtime/env.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'

export interface MarketConfig extends ListenConfig {
  readonly database: DatabaseConfig
  /** Path of the file of the relays' tokens, hashed. Without it anybody on loopback may deliver. */
  readonly tokens?: string
}

/** Reads BOMBYX_TOKENS and what all servers with a database read. */
export function readMarketConfig(env: EnvReader): MarketConfig {
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  return { ...readListenConfig(env), database: readDatabaseConfig(env), ...(tokens === undefined ? {} : { tokens }) }
}
