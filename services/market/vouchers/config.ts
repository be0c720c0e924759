import { type ChainSettings, readChainSettings } from '../../runtime/chain-config.ts'
import type { EnvReader } from '../../runtime/env.ts'

export interface VouchersConfig {
  readonly chain: ChainSettings
  /** Absent: nothing is claimed here. */
  readonly claims?: ClaimsConfig
}

export interface ClaimsConfig {
  /** Path of the key of the wallet (v5r1) that pays for gas. */
  readonly wallet: string
  /** nanoTON. */
  readonly threshold: bigint
  readonly feeThreshold: bigint
  readonly pollMs: number
}

/** A thirtieth of it goes for gas, and a host is never owed more than a claim or two. */
const THRESHOLD = 50_000_000n

/** Reads where TON is, BOMBYX_CLAIM_WALLET, BOMBYX_CLAIM_THRESHOLD, BOMBYX_FEE_THRESHOLD and BOMBYX_CLAIM_POLL; undefined: vouchers are not taken. */
export function readVouchersConfig(env: EnvReader): VouchersConfig | undefined {
  const chain = readChainSettings(env)
  if (chain === undefined) return undefined
  const wallet = env.optionalPath('BOMBYX_CLAIM_WALLET')
  if (wallet === undefined) return { chain }
  const threshold = env.amount('BOMBYX_CLAIM_THRESHOLD', THRESHOLD)
  const feeThreshold = env.amount('BOMBYX_FEE_THRESHOLD', THRESHOLD)
  return { chain, claims: { wallet, threshold, feeThreshold, pollMs: env.duration('BOMBYX_CLAIM_POLL', '5s') } }
}
