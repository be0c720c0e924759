import { encodeHex } from '../../attestation/encoding.ts'
import { parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import { type DatabaseConfig, readDatabaseConfig } from '../runtime/database.ts'
import { configError, type EnvReader } from '../runtime/env.ts'
import { isLoopback, type ListenConfig, readListenConfig } from '../runtime/listen.ts'
import { type AnchorConfig, readAnchorConfig } from './anchor/config.ts'
import type { Witness } from './witnesses.ts'

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
  readonly witnesses: readonly Witness[]
  /** A head is published once so many of them have cosigned it. */
  readonly minimumWitnesses: number
  readonly anchor?: AnchorConfig
  /** After this long without a sign of life another replica takes over as sequencer. */
  readonly leaseMs: number
}

/**
 * Reads BOMBYX_LOG_ORIGIN, BOMBYX_LOG_KEY, BOMBYX_LOG_HTTP_LISTEN, BOMBYX_LOG_REFRESH, BOMBYX_LOG_WITNESSES, BOMBYX_LOG_MINIMUM_WITNESSES,
 * BOMBYX_LOG_LEASE, BOMBYX_TOKENS, what an anchor wants (`readAnchorConfig`) and what all servers with a database read.
 */
export function readLogConfig(env: EnvReader): LogConfig {
  const anchor = readAnchorConfig(env)
  const witnesses = readWitnesses(env)
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  return {
    ...readListenConfig(env),
    http: env.text('BOMBYX_LOG_HTTP_LISTEN', '127.0.0.1:0'),
    database: readDatabaseConfig(env),
    ...(tokens === undefined ? {} : { tokens }),
    origin: env.text('BOMBYX_LOG_ORIGIN'),
    key: env.path('BOMBYX_LOG_KEY'),
    refreshMs: env.duration('BOMBYX_LOG_REFRESH', '30s'),
    witnesses,
    minimumWitnesses: env.integer('BOMBYX_LOG_MINIMUM_WITNESSES', { fallback: 0, max: witnesses.length }),
    ...(anchor === undefined ? {} : { anchor }),
    leaseMs: env.duration('BOMBYX_LOG_LEASE', '5s')
  }
}

/** A note has 64 signatures, two of them the log's own. */
const MOST_WITNESSES = 62

/** Each is told apart by its name, and counted by its key. */
function readWitnesses(env: EnvReader): readonly Witness[] {
  const witnesses = env.list('BOMBYX_LOG_WITNESSES').map(readWitness)
  if (witnesses.length > MOST_WITNESSES) {
    throw configError('BOMBYX_LOG_WITNESSES', `${witnesses.length} witnesses, at most ${MOST_WITNESSES}`)
  }
  const [names, keys] = [
    new Set(witnesses.map(({ key }) => key.name)),
    new Set(witnesses.map(({ key }) => encodeHex(key.publicKey)))
  ]
  if (names.size < witnesses.length || keys.size < witnesses.length) {
    throw configError('BOMBYX_LOG_WITNESSES', 'a name or a key occurs twice')
  }
  return witnesses
}

/** `<verifier key> <url>`: the key of type cosignature, the URL what add-checkpoint comes after. */
function readWitness(member: string): Witness {
  const [line = '', address = '', ...rest] = member.split(/\s+/)
  const url = URL.parse(address)
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url === null || !isAllowed || rest.length > 0) {
    throw configError('BOMBYX_LOG_WITNESSES', 'verifier keys and https URLs are wanted: `key url, key url`')
  }
  return { key: readKey(line), url: url.href.replace(/\/$/, '') }
}

function readKey(line: string): Witness['key'] {
  try {
    const key = parseVerifierKey(line)
    if (key.type === 'cosignature') return key
  } catch (cause) {
    throw configError('BOMBYX_LOG_WITNESSES', 'a key is not a C2SP verifier key', cause)
  }
  throw configError('BOMBYX_LOG_WITNESSES', 'a key is not of type cosignature')
}
