import { type DatabaseConfig, readDatabaseConfig } from '../runtime/database.ts'
import type { EnvReader } from '../runtime/env.ts'
import { type DialConfig, readDialConfig } from '../runtime/grpc-client.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'
import { readVouchersConfig, type VouchersConfig } from './vouchers/config.ts'

export interface MarketConfig extends ListenConfig {
  readonly database: DatabaseConfig
  /** Path of the file of the relays' tokens, hashed. Without it anybody on loopback may deliver. */
  readonly tokens?: string
  /** Path of the file of the operator's tokens, hashed. Without it whoever shows no token on loopback is the operator. */
  readonly operatorTokens?: string
  /** `host:port` of the registry; absent: no supply, no enrolment tokens, and nothing that was metered is billable. */
  readonly registry?: string
  /** `host:port` of the log; absent: periods wait for one. */
  readonly log?: string
  readonly dial: DialConfig
  /** What wallets show their owners when they prove that they hold them. */
  readonly domain: string
  /** How often a usage period ends, in milliseconds. */
  readonly periodMs: number
  /** Absent: no vouchers are taken. */
  readonly vouchers?: VouchersConfig
}

/**
 * Reads BOMBYX_TOKENS, BOMBYX_OPERATOR_TOKENS, BOMBYX_REGISTRY, BOMBYX_LOG, BOMBYX_DOMAIN, BOMBYX_USAGE_PERIOD, what `readVouchersConfig` reads, and what all
 * servers with a database and diallers read.
 */
export function readMarketConfig(env: EnvReader): MarketConfig {
  const [tokens, operatorTokens] = [env.optionalPath('BOMBYX_TOKENS'), env.optionalPath('BOMBYX_OPERATOR_TOKENS')]
  const [registry, log] = [env.optionalText('BOMBYX_REGISTRY'), env.optionalText('BOMBYX_LOG')]
  const vouchers = readVouchersConfig(env)
  return {
    ...readListenConfig(env),
    database: readDatabaseConfig(env),
    ...(tokens === undefined ? {} : { tokens }),
    ...(vouchers === undefined ? {} : { vouchers }),
    ...(operatorTokens === undefined ? {} : { operatorTokens }),
    ...(registry === undefined ? {} : { registry }),
    ...(log === undefined ? {} : { log }),
    dial: readDialConfig(env),
    domain: env.text('BOMBYX_DOMAIN', 'localhost'),
    periodMs: env.duration('BOMBYX_USAGE_PERIOD', '1h')
  }
}
