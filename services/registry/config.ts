import { type ChainSettings, readChainSettings } from '../runtime/chain-config.ts'
import { type DatabaseConfig, readDatabaseConfig } from '../runtime/database.ts'
import type { EnvReader } from '../runtime/env.ts'
import { type DialConfig, readDialConfig } from '../runtime/grpc-client.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'

export interface RegistryConfig extends ListenConfig {
  readonly database: DatabaseConfig
  /** `host:port` of the verifier. */
  readonly verifier: string
  /** `host:port` of the log; undefined: nothing is told to a log. */
  readonly log?: string
  /** How long an enrolment waits for it, in milliseconds. */
  readonly logWaitMs: number
  /** Where blocks for challenges come from; undefined: challenges have no beacon. */
  readonly chain?: ChainSettings
  readonly dial: DialConfig
  /** Path of the file of the operator's tokens, hashed. Without it RegistryAdmin is open, on loopback only. */
  readonly tokens?: string
  /** How often a host is asked to attest again, in milliseconds. */
  readonly attestIntervalMs: number
}

/** Reads BOMBYX_VERIFIER, BOMBYX_LOG, BOMBYX_LOG_WAIT, BOMBYX_TOKENS, BOMBYX_ATTEST_INTERVAL, TON_NETWORK and its like, and what all servers and diallers read. */
export function readRegistryConfig(env: EnvReader): RegistryConfig {
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  const [log, chain] = [env.optionalText('BOMBYX_LOG'), readChainSettings(env)]
  return {
    ...readListenConfig(env),
    database: readDatabaseConfig(env),
    verifier: env.text('BOMBYX_VERIFIER'),
    ...(log === undefined ? {} : { log }),
    logWaitMs: env.duration('BOMBYX_LOG_WAIT', '30s'),
    ...(chain === undefined ? {} : { chain }),
    dial: readDialConfig(env),
    ...(tokens === undefined ? {} : { tokens }),
    attestIntervalMs: env.duration('BOMBYX_ATTEST_INTERVAL', '1h')
  }
}
