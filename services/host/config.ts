import { sha256 } from '../../attestation/crypto.ts'
import { decodeHex, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { EXPOSURE_LIMITS } from '../../attestation/receipt/exposure.ts'
import type { KeysetModel } from '../../attestation/session/keyset.ts'
import type { Prices } from '../../attestation/session/leg.ts'
import { type ChainSettings, readChainSettings } from '../runtime/chain-config.ts'
import { configError, type EnvReader } from '../runtime/env.ts'
import { type DialConfig, readDialConfig } from '../runtime/grpc-client.ts'
import { INFERENCE_ROUTES, type InferenceRoute } from './routes.ts'
import { parseEngineUrl } from './vllm.ts'

/** Where evidence comes from. */
export type CollectorConfig =
  | { readonly kind: 'virtual'; readonly path: string }
  | { readonly kind: 'configfs-tsm'; readonly log: string | undefined }

/** Where evidence of GPUs and NVSwitches comes from. */
export type DevicesConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'nvml' }
  | { readonly kind: 'nvattest'; readonly program: string }
  | { readonly kind: 'virtual'; readonly path: string }

export interface HostConfig {
  readonly registry: { readonly authority: string; readonly dial: DialConfig }
  readonly relays: readonly string[]
  /** How relays are dialled: links carry no token, the session key proves the host. */
  readonly relayDial: DialConfig
  readonly collector: CollectorConfig
  readonly devices: DevicesConfig
  readonly engineUrl: URL
  /** Undefined: the one that the state folder has, or a random one. */
  readonly subject: string | undefined
  readonly model: KeysetModel
  /** 32 bytes, measured into RTMR3. */
  readonly composeHash: Uint8Array
  readonly routes: ReadonlyMap<string, InferenceRoute>
  readonly prices: Prices
  readonly slots: number
  readonly region: string
  /** Live legs, over all keysets. */
  readonly mostSessions: number
  /** Absent: nobody has to pay. */
  readonly payment?: PaymentConfig
}

export interface PaymentConfig {
  /** Whether sessions without a payer are refused. */
  readonly required: boolean
  readonly chain: ChainSettings & { readonly witnesses: readonly string[] }
  /** Addresses in any of TON's forms. */
  readonly payee: string
  readonly market: string
  readonly feeShare: number
  readonly minDelay: number
  /** nanoTON. */
  readonly credit: bigint
  /** The folder that remembers payers. */
  readonly stateFolder: string
}

const MOST_PRICE = 2n ** 53n - 1n

/** The settings are those of the README; a setting that is wrong is refused by name. */
export function readHostConfig(env: EnvReader): HostConfig {
  const { tlsCa } = readDialConfig(env)
  const dial = tlsCa === undefined ? {} : { tlsCa }
  const token = env.optionalSecret('BOMBYX_ENROLMENT_TOKEN')
  const routes = readRoutes(env)
  const model = readModel(env)
  return {
    registry: { authority: env.text('BOMBYX_REGISTRY'), dial: token === undefined ? dial : { ...dial, token } },
    relays: readRelays(env),
    relayDial: dial,
    collector: readCollector(env),
    devices: readDevices(env),
    engineUrl: parseEngineUrl(env.text('VLLM_URL')),
    subject: readSubject(env),
    model,
    composeHash: readHash(env, 'BOMBYX_COMPOSE_HASH') ?? hashConfiguration(model, routes),
    routes,
    prices: readPrices(env),
    slots: env.integer('BOMBYX_SLOTS', { fallback: 16, min: 1, max: 65_536 }),
    region: env.text('BOMBYX_REGION', 'local'),
    mostSessions: env.integer('BOMBYX_MOST_SESSIONS', { fallback: 8192, min: 1 }),
    ...readPayment(env)
  }
}

function readPayment(env: EnvReader): { readonly payment?: PaymentConfig } {
  const mode = env.choice('BOMBYX_PAYMENT', ['required', 'accepted', 'none'], 'none')
  if (mode === 'none') return {}
  const chain = readChainSettings(env)
  if (chain === undefined) throw configError('TON_NETWORK', 'wanted with BOMBYX_PAYMENT')
  return {
    payment: {
      required: mode === 'required',
      chain: { ...chain, witnesses: env.list('TON_WITNESSES') },
      payee: env.text('BOMBYX_PAYEE'),
      market: env.text('BOMBYX_PAYMENT_MARKET'),
      feeShare: env.integer('BOMBYX_PAYMENT_FEE_SHARE', { fallback: 500, max: 10_000 }),
      minDelay: Math.ceil(env.duration('BOMBYX_PAYMENT_MIN_DELAY', '24h') / 1000),
      credit: env.amount('BOMBYX_PAYMENT_CREDIT', EXPOSURE_LIMITS.credit),
      stateFolder: env.path('BOMBYX_HOST_STATE')
    }
  }
}

function readSubject(env: EnvReader): string | undefined {
  const id = env.optionalText('BOMBYX_SUBJECT')
  if (id === undefined) return undefined
  if (!/^[0-9a-f]{32}$/.test(id)) throw configError('BOMBYX_SUBJECT', '32 lower-case hex digits are wanted')
  return `bombyx:host:${id}`
}

function readRelays(env: EnvReader): readonly string[] {
  const relays = env.list('BOMBYX_RELAYS')
  if (relays.length === 0) throw configError('BOMBYX_RELAYS', 'at least one host:port is wanted')
  return relays
}

function readCollector(env: EnvReader): CollectorConfig {
  const text = env.text('BOMBYX_COLLECTOR')
  if (text === 'configfs-tsm') return { kind: text, log: env.optionalPath('BOMBYX_RTMR3_LOG') }
  const path = /^virtual:(.+)$/.exec(text)?.[1]
  if (path === undefined) throw configError('BOMBYX_COLLECTOR', 'virtual:<platform file> or configfs-tsm is wanted')
  return { kind: 'virtual', path }
}

function readDevices(env: EnvReader): DevicesConfig {
  const text = env.text('BOMBYX_DEVICES', 'none')
  if (text === 'none' || text === 'nvml') return { kind: text }
  const [, kind, value] = /^(nvattest|virtual)(?::(.+))?$/.exec(text) ?? []
  if (kind === 'nvattest') return { kind, program: value ?? 'nvattest' }
  if (kind === 'virtual' && value !== undefined) return { kind, path: value }
  throw configError('BOMBYX_DEVICES', 'none, nvml, nvattest, nvattest:<program> or virtual:<devices file> is wanted')
}

function readModel(env: EnvReader): KeysetModel {
  const weights = readHash(env, 'BOMBYX_WEIGHTS')
  if (weights === undefined) throw configError('BOMBYX_WEIGHTS', 'the dm-verity root or manifest hash is wanted')
  return { id: env.text('BOMBYX_MODEL'), engine: env.text('BOMBYX_ENGINE', 'vllm'), weights }
}

function readHash(env: EnvReader, name: string): Uint8Array | undefined {
  const text = env.optionalText(name)
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}$/.test(text)) throw configError(name, '64 lower-case hex digits are wanted')
  return decodeHex(text, 32)
}

function readRoutes(env: EnvReader): ReadonlyMap<string, InferenceRoute> {
  const wanted = env.list('BOMBYX_ROUTES', [...INFERENCE_ROUTES.keys()])
  return new Map(
    wanted.map((path) => {
      const route = INFERENCE_ROUTES.get(path)
      if (route === undefined) throw configError('BOMBYX_ROUTES', `${path} is no route that the agent forwards`)
      return [path, route]
    })
  )
}

/** What decides over the plaintext, in one order: what the guest measures when no compose file's hash is given. */
function hashConfiguration(model: KeysetModel, routes: ReadonlyMap<string, InferenceRoute>): Uint8Array {
  const { id, engine, weights } = model
  const configuration = { engine, id, routes: [...routes.keys()].sort(), weights: encodeHex(weights) }
  return sha256(encodeUtf8(JSON.stringify(configuration)))
}

function readPrices(env: EnvReader): Prices {
  const read = (name: string): bigint => {
    const price = env.amount(name, 0n)
    if (price > MOST_PRICE) throw configError(name, 'a price is below 2^53 nanoTON a million tokens')
    return price
  }
  return {
    prompt: read('BOMBYX_PRICE_PROMPT'),
    cached: read('BOMBYX_PRICE_CACHED'),
    completion: read('BOMBYX_PRICE_COMPLETION'),
    reasoning: read('BOMBYX_PRICE_REASONING')
  }
}
