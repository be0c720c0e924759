import { type ChainSettings, readChainSettings } from '../../runtime/chain-config.ts'
import { configError, type EnvReader } from '../../runtime/env.ts'

export interface AnchorConfig extends ChainSettings {
  /** Of the contract, in any of TON's forms. */
  readonly address: string
  /** Path of the anchor key's file. */
  readonly key: string
  /** Between anchored heads, in milliseconds. */
  readonly intervalMs: number
  /** Between looks at the chain, in milliseconds. */
  readonly pollMs: number
}

/** Reads BOMBYX_LOG_ANCHOR, BOMBYX_LOG_ANCHOR_KEY, BOMBYX_LOG_ANCHOR_INTERVAL, and where the chain is; undefined: not anchored. */
export function readAnchorConfig(env: EnvReader): AnchorConfig | undefined {
  const address = env.optionalText('BOMBYX_LOG_ANCHOR')
  if (address === undefined) return undefined
  const chain = readChainSettings(env)
  if (chain === undefined) throw configError('TON_NETWORK', 'wanted with BOMBYX_LOG_ANCHOR')
  return {
    ...chain,
    address,
    key: env.path('BOMBYX_LOG_ANCHOR_KEY'),
    intervalMs: env.duration('BOMBYX_LOG_ANCHOR_INTERVAL', '10m'),
    pollMs: env.duration('BOMBYX_LOG_ANCHOR_POLL', '5s')
  }
}
