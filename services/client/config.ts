import { readFile } from 'node:fs/promises'
import { NAMED_POLICIES, type Policy, parsePolicy } from '../../attestation/policy.ts'
import { configError, type EnvReader } from '../runtime/env.ts'
import { readDialConfig } from '../runtime/grpc-client.ts'
import { type ListenConfig, readListenConfig } from '../runtime/listen.ts'
import type { ClientOptions, MaxPrices } from './client.ts'

/** What `bombyx proxy` runs on. */
export interface ProxyConfig extends ListenConfig, Omit<ClientOptions, 'onEvent'> {
  readonly hostNames: readonly string[]
  readonly origins: readonly string[]
  /** Path of the hashed API keys of the endpoint's own callers. */
  readonly tokens?: string
}

const NRAS_ISSUER = 'https://nras.attestation.nvidia.com'
const PRICE_NAMES = ['prompt', 'cached', 'completion', 'reasoning'] as const

/**
 * Reads BOMBYX_RELAYS, BOMBYX_POLICY (`production`, `tdx-only`, or the path of a policy document), BOMBYX_TOKEN (the relay's API key),
 * BOMBYX_TLS_CA, BOMBYX_REGION, BOMBYX_NRAS_KEYS and BOMBYX_NRAS_ISSUER (for a policy that asks for a second opinion),
 * BOMBYX_MAX_PRICES (four amounts: prompt, cached, completion, reasoning), BOMBYX_MAX_REQUEST_PRICE, BOMBYX_LEGS,
 * BOMBYX_ESCROW (the file that `bombyx pay` writes), BOMBYX_SESSION_TTL, BOMBYX_REQUEST_TIMEOUT, BOMBYX_CADENCE, BOMBYX_LISTEN with its TLS files, BOMBYX_TOKENS,
 * BOMBYX_DATA (the folder in which heads of the policy's log are remembered), BOMBYX_HOST_NAMES and BOMBYX_ORIGINS.
 */
export async function readProxyConfig(env: EnvReader): Promise<ProxyConfig> {
  const { tlsCa, token } = readDialConfig(env)
  const maxPrices = readMaxPrices(env)
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  const dataFolder = env.optionalPath('BOMBYX_DATA')
  const relays = env.list('BOMBYX_RELAYS')
  if (relays.length === 0) throw configError('BOMBYX_RELAYS', 'at least one relay, host:port, is wanted')
  return {
    ...readListenConfig(env, '127.0.0.1:4242'),
    relays,
    policy: await readPolicy(env.text('BOMBYX_POLICY', 'production')),
    ...(token === undefined ? {} : { apiKey: token }),
    ...(tlsCa === undefined ? {} : { tlsCa }),
    ...(await readRemoteIssuer(env)),
    region: env.text('BOMBYX_REGION', ''),
    ...(maxPrices === undefined ? {} : { maxPrices }),
    ...readPaying(env),
    legs: env.integer('BOMBYX_LEGS', { fallback: 8, min: 1, max: 8 }),
    sessionSeconds: readSeconds(env, 'BOMBYX_SESSION_TTL', { fallback: '30m', most: 3600 }),
    requestSeconds: readSeconds(env, 'BOMBYX_REQUEST_TIMEOUT', { fallback: '10m', most: 890 }),
    cadenceMs: env.duration('BOMBYX_CADENCE', '0ms'),
    hostNames: env.list('BOMBYX_HOST_NAMES'),
    origins: env.list('BOMBYX_ORIGINS'),
    ...(tokens === undefined ? {} : { tokens }),
    ...(dataFolder === undefined ? {} : { dataFolder })
  }
}

/** The policy that a setting names. Virtual hosts are accepted by no name: only by a document with their root in it. */
async function readPolicy(setting: string): Promise<Policy> {
  const named = NAMED_POLICIES.get(setting)
  if (named !== undefined) return named
  let bytes: Uint8Array
  try {
    bytes = await readFile(setting)
  } catch (cause) {
    throw configError(
      'BOMBYX_POLICY',
      `neither \`production\` nor \`tdx-only\` nor a file that can be read: ${setting}`,
      cause
    )
  }
  return parsePolicy(bytes)
}

/** Keys that the user had from NVIDIA: a second opinion that comes through a relay is nobody's word without them. */
async function readRemoteIssuer(env: EnvReader): Promise<Pick<ClientOptions, 'remoteIssuer'>> {
  const path = env.optionalPath('BOMBYX_NRAS_KEYS')
  if (path === undefined) return {}
  const issuer = env.text('BOMBYX_NRAS_ISSUER', NRAS_ISSUER)
  try {
    return { remoteIssuer: { issuer, keySet: await readFile(path, 'utf8') } }
  } catch (cause) {
    throw configError('BOMBYX_NRAS_KEYS', `${path} cannot be read`, cause)
  }
}

function readMaxPrices(env: EnvReader): MaxPrices | undefined {
  const given = env.list('BOMBYX_MAX_PRICES')
  if (given.length === 0) return undefined
  if (given.length !== PRICE_NAMES.length || !given.every((amount) => /^\d{1,15}$/.test(amount))) {
    throw configError('BOMBYX_MAX_PRICES', 'four amounts of nanoTON are wanted: prompt, cached, completion, reasoning')
  }
  const [prompt = 0n, cached = 0n, completion = 0n, reasoning = 0n] = given.map(BigInt)
  return { prompt, cached, completion, reasoning }
}

/** Without a limit of one's own, the client's for who pays counts. */
function readPaying(env: EnvReader): Pick<ClientOptions, 'maxRequestPrice' | 'escrowFile'> {
  const escrowFile = env.optionalPath('BOMBYX_ESCROW')
  const isNamed = env.optionalText('BOMBYX_MAX_REQUEST_PRICE') !== undefined
  return {
    ...(escrowFile === undefined ? {} : { escrowFile }),
    ...(escrowFile === undefined || isNamed ? { maxRequestPrice: env.amount('BOMBYX_MAX_REQUEST_PRICE', 0n) } : {})
  }
}

function readSeconds(
  env: EnvReader,
  name: string,
  { fallback, most }: { readonly fallback: string; readonly most: number }
): number {
  const seconds = Math.round(env.duration(name, fallback) / 1000)
  if (seconds < 1 || seconds > most) throw configError(name, `1 s to ${most} s is wanted`)
  return seconds
}
