import type { EnvReader } from '../runtime/env.ts'
import { type DialConfig, readDialConfig } from '../runtime/grpc-client.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'

export interface RelayConfig extends ListenConfig {
  /** Authorities of the registry (directory and blobs) and the market. */
  readonly registry: string
  readonly market: string
  /** Authority of the log; absent: hosts come without proofs of their leaves, which a client's policy may refuse. */
  readonly log?: string
  readonly dial: DialConfig
  /** File of hashed API keys; absent only on loopback. */
  readonly apiKeys?: string
  /** Whether the market's keys are taken, too; `optional`: beside whoever shows none, which only loopback allows. */
  readonly marketKeys: MarketKeysMode
  /** Names under which hosts dial this relay, beside the address it listens on. */
  readonly authorities: readonly string[]
  readonly limits: RelayLimits
}

export interface RelayLimits {
  /** Requests that may wait for a slot, in all and of one tenant. */
  readonly queue: number
  readonly queuePerTenant: number
  /** How long one waits, in milliseconds. */
  readonly queueWaitMs: number
  /** Hellos of one API key, or of one connection where there are no keys. */
  readonly hellosPerMinute: number
  /** Streams that a client's link may have open. */
  readonly streamsPerClient: number
  /** Bytes that may wait for one client that reads slowly, and for all of them. */
  readonly clientBacklogBytes: number
  readonly backlogBytes: number
  readonly blobCacheBytes: number
  /** How long the last directory counts once it is lost, in milliseconds. */
  readonly directoryGraceMs: number
  /** How long the market's keys count once it is lost, in milliseconds. */
  readonly keysGraceMs: number
  /** How long a host that dials may wait for the directory to list it, in milliseconds. */
  readonly listingWaitMs: number
}

const MARKET_KEYS_MODES = ['false', 'true', 'optional'] as const
export type MarketKeysMode = (typeof MARKET_KEYS_MODES)[number]

const MIB = 1024 * 1024

export const DEFAULT_LIMITS: RelayLimits = {
  queue: 512,
  queuePerTenant: 64,
  queueWaitMs: 10_000,
  hellosPerMinute: 120,
  streamsPerClient: 4096,
  clientBacklogBytes: 64 * MIB,
  backlogBytes: 256 * MIB,
  blobCacheBytes: 64 * MIB,
  directoryGraceMs: 60_000,
  keysGraceMs: 60_000,
  listingWaitMs: 10_000
}

/**
 * Reads BOMBYX_REGISTRY, BOMBYX_MARKET, BOMBYX_LOG, BOMBYX_API_KEYS, BOMBYX_MARKET_KEYS, BOMBYX_KEYS_GRACE, BOMBYX_AUTHORITIES, BOMBYX_QUEUE, BOMBYX_QUEUE_PER_TENANT,
 * BOMBYX_QUEUE_WAIT, BOMBYX_HELLOS_PER_MINUTE, BOMBYX_STREAMS_PER_CLIENT, BOMBYX_BACKLOG_MIB, BOMBYX_BLOB_CACHE_MIB,
 * BOMBYX_DIRECTORY_GRACE, and what every service reads to listen and dial.
 */
export function readRelayConfig(env: EnvReader): RelayConfig {
  const [apiKeys, log] = [env.optionalPath('BOMBYX_API_KEYS'), env.optionalText('BOMBYX_LOG')]
  return {
    ...readListenConfig(env),
    registry: env.text('BOMBYX_REGISTRY'),
    market: env.text('BOMBYX_MARKET'),
    ...(log === undefined ? {} : { log }),
    dial: readDialConfig(env),
    ...(apiKeys === undefined ? {} : { apiKeys }),
    marketKeys: env.choice('BOMBYX_MARKET_KEYS', MARKET_KEYS_MODES, 'false'),
    authorities: env.list('BOMBYX_AUTHORITIES'),
    limits: {
      queue: env.integer('BOMBYX_QUEUE', { fallback: DEFAULT_LIMITS.queue, min: 0, max: 100_000 }),
      queuePerTenant: env.integer('BOMBYX_QUEUE_PER_TENANT', { fallback: DEFAULT_LIMITS.queuePerTenant, min: 0 }),
      queueWaitMs: env.duration('BOMBYX_QUEUE_WAIT', '10s'),
      hellosPerMinute: env.integer('BOMBYX_HELLOS_PER_MINUTE', { fallback: DEFAULT_LIMITS.hellosPerMinute, min: 1 }),
      streamsPerClient: env.integer('BOMBYX_STREAMS_PER_CLIENT', {
        fallback: DEFAULT_LIMITS.streamsPerClient,
        min: 1,
        max: 65_536
      }),
      clientBacklogBytes: DEFAULT_LIMITS.clientBacklogBytes,
      backlogBytes: env.integer('BOMBYX_BACKLOG_MIB', { fallback: 256, min: 1, max: 65_536 }) * MIB,
      blobCacheBytes: env.integer('BOMBYX_BLOB_CACHE_MIB', { fallback: 64, min: 0, max: 65_536 }) * MIB,
      directoryGraceMs: env.duration('BOMBYX_DIRECTORY_GRACE', '60s'),
      keysGraceMs: env.duration('BOMBYX_KEYS_GRACE', '60s'),
      listingWaitMs: DEFAULT_LIMITS.listingWaitMs
    }
  }
}
