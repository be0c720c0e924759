import { availableParallelism } from 'node:os'
import { NAMED_POLICIES } from '../../attestation/policy.ts'
import type { EnvReader } from '../runtime/env.ts'
import { configError } from '../runtime/env.ts'
import { isLoopback, type ListenConfig, readListenConfig } from '../runtime/listen.ts'
import { NVIDIA_NRAS_URL } from './nras-service.ts'
import { NVIDIA_LIMITS, type NvidiaConfig } from './nvidia-services.ts'
import { NVIDIA_CRL_URL, NVIDIA_OCSP_URL } from './ocsp-service.ts'
import { INTEL_PCS_URL, INTEL_ROOT_CRL_URL, PCS_LIMITS, type PcsConfig } from './pcs.ts'
import type { RefreshConfig } from './refresh-times.ts'
import { NVIDIA_RIM_URL } from './rim-service.ts'

/** One core is left to those who carry streams. */
const SPARE_CORES = Math.max(1, availableParallelism() - 1)

/** Where collateral comes from. With both, the folder serves what the service has not or cannot be asked for. */
export interface CollateralConfig {
  readonly service?: PcsConfig
  /** Absent: NVIDIA is not asked. */
  readonly nvidia?: NvidiaConfig
  readonly folder?: string
  readonly refresh: RefreshConfig
}

export interface VerifierConfig {
  readonly listen: ListenConfig
  /** Path of the file of hashed bearer tokens; without it only loopback may call. */
  readonly tokens?: string
  /** `production`, `tdx-only`, or the path of a policy document. */
  readonly policy: string
  readonly collateral: CollateralConfig
  /** Path of the key that verdict tokens are signed with. */
  readonly signingKey: string
  /** What tokens name as their issuer. */
  readonly issuer: string
  /** That appraise at once, beside the one that serves. */
  readonly threads: number
}

/**
 * Reads BOMBYX_POLICY, BOMBYX_COLLATERAL_DIR, BOMBYX_PCCS_URL or BOMBYX_PCS_URL, BOMBYX_COLLATERAL_REFRESH_AHEAD,
 * BOMBYX_COLLATERAL_REFRESH_EVERY, BOMBYX_NVIDIA_…, BOMBYX_SIGNING_KEY, BOMBYX_ISSUER, BOMBYX_APPRAISAL_THREADS, BOMBYX_TOKENS and what listeners read.
 */
export function readVerifierConfig(env: EnvReader): VerifierConfig {
  const tokens = env.optionalPath('BOMBYX_TOKENS')
  const policy = env.text('BOMBYX_POLICY', 'production')
  return {
    listen: readListenConfig(env),
    ...(tokens === undefined ? {} : { tokens }),
    policy: NAMED_POLICIES.has(policy) ? policy : env.path('BOMBYX_POLICY'),
    collateral: readCollateralConfig(env),
    signingKey: env.path('BOMBYX_SIGNING_KEY'),
    issuer: env.text('BOMBYX_ISSUER', 'bombyx-verifier'),
    threads: env.integer('BOMBYX_APPRAISAL_THREADS', { fallback: SPARE_CORES, min: 1, max: 64 })
  }
}

/** Reads where collateral comes from: see `readVerifierConfig`. */
export function readCollateralConfig(env: EnvReader): CollateralConfig {
  const folder = env.optionalPath('BOMBYX_COLLATERAL_DIR')
  const service = readServiceConfig(env, folder !== undefined)
  const nvidia = readNvidiaConfig(env, folder !== undefined)
  const refresh = {
    aheadMs: env.duration('BOMBYX_COLLATERAL_REFRESH_AHEAD', '24h'),
    everyMs: env.duration('BOMBYX_COLLATERAL_REFRESH_EVERY', folder === undefined ? '12h' : '5m')
  }
  return {
    ...(service === undefined ? {} : { service }),
    ...(nvidia === undefined ? {} : { nvidia }),
    ...(folder === undefined ? {} : { folder }),
    refresh
  }
}

/** A folder alone means that this machine is offline: Intel is asked only where no folder is named, or by name. */
function readServiceConfig(env: EnvReader, isFolderNamed: boolean): PcsConfig | undefined {
  const pccs = env.optionalText('BOMBYX_PCCS_URL')
  if (pccs !== undefined) {
    const url = readUrl('BOMBYX_PCCS_URL', pccs)
    return { url, rootCrlUrl: new URL('/sgx/certification/v4/rootcacrl', url).href, limits: PCS_LIMITS }
  }
  const pcs = env.optionalText('BOMBYX_PCS_URL') ?? (isFolderNamed ? undefined : INTEL_PCS_URL)
  if (pcs === undefined) return undefined
  const rootCrlUrl = env.text('BOMBYX_ROOT_CRL_URL', INTEL_ROOT_CRL_URL)
  return {
    url: readUrl('BOMBYX_PCS_URL', pcs),
    rootCrlUrl: readUrl('BOMBYX_ROOT_CRL_URL', rootCrlUrl),
    limits: PCS_LIMITS
  }
}

/** As with Intel: a folder alone means offline, and one of the services that is named means that NVIDIA's are asked. */
function readNvidiaConfig(env: EnvReader, isFolderNamed: boolean): NvidiaConfig | undefined {
  const names = ['BOMBYX_NVIDIA_RIM_URL', 'BOMBYX_NVIDIA_OCSP_URL', 'BOMBYX_NVIDIA_NRAS_URL'] as const
  if (isFolderNamed && names.every((name) => env.optionalText(name) === undefined)) return undefined
  const [rim, ocsp, nras] = names
  const serviceKey = env.optionalSecret('BOMBYX_NVIDIA_SERVICE_KEY')
  const keptIn = env.optionalPath('BOMBYX_NVIDIA_KEEP_DIR')
  return {
    url: readUrl(rim, env.text(rim, NVIDIA_RIM_URL)),
    ocspUrl: readUrl(ocsp, env.text(ocsp, NVIDIA_OCSP_URL)),
    nrasUrl: readUrl(nras, env.text(nras, NVIDIA_NRAS_URL)),
    crlUrl: readCrlUrl('BOMBYX_NVIDIA_CRL_URL', env.text('BOMBYX_NVIDIA_CRL_URL', NVIDIA_CRL_URL)),
    ...(serviceKey === undefined ? {} : { serviceKey }),
    ...(keptIn === undefined ? {} : { keptIn }),
    refresh: {
      aheadMs: env.duration('BOMBYX_NVIDIA_REFRESH_AHEAD', '10m'),
      everyMs: env.duration('BOMBYX_NVIDIA_REFRESH_EVERY', '1h')
    },
    limits: NVIDIA_LIMITS
  }
}

/** CRLs are published over HTTP: signed, dated, and in the second place. */
function readCrlUrl(name: string, value: string): string {
  const url = URL.parse(value)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw configError(name, 'an http or https URL is wanted')
  return url.href
}

// Collateral is signed, but only TLS keeps somebody on the way from holding back what is new.
function readUrl(name: string, value: string): string {
  const url = URL.parse(value)
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url === null || !isAllowed) throw configError(name, 'an https URL is wanted; http is for loopback')
  return url.href
}
