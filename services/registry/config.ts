import { type DatabaseConfig, readDatabaseConfig } from '../runtime/database.ts'
import type { EnvReader } from '../runtime/env.ts'
import { type DialConfig, readDialConfig } from '../runtime/grpc-client.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'

export interface RegistryConfig extends ListenConfig {
  readonly database: DatabaseConfig
  /** `host:port` of the verifier. */
  readonly verifier: string
  readonly dial: DialConfig
  /** Path of the file of the operator's tokens, hashed. Without it RegistryAdmin is open, on loopback only. */
  readonly tokens?: string
  /** How often a host is asked to attest again, in milliseconds. */
  readonly attestIntervalMs: number
}

/** Reads BOMBYX_VERIFIER, BOMBYX_TOKENS, BOMBYX_ATTEST_INTERVAL, and what all servers and diallers read. */
export function readRegistryConfig(env: EnvReader): RegistryConfig {
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  return {
    ...readListenConfig(env),
    database: readDatabaseConfig(env),
    verifier: env.text('BOMBYX_VERIFIER'),
    dial: readDialConfig(env),
    ...(tokens === undefined ? {} : { tokens }),
    attestIntervalMs: env.duration('BOMBYX_ATTEST_INTERVAL', '1h')
  }
}
