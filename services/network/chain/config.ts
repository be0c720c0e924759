import type { EnvReader } from '../../runtime/env.ts'

/** What the local chain's process is told. */
export interface ChainConfig {
  /** Where its journal and the faucet's key live. */
  readonly data: string
  /** host:port of loopback; port 0 takes a free one. */
  readonly listen: string
  /** Between masterchain blocks when nobody sends. */
  readonly blockIntervalMs: number
}

/** Reads BOMBYX_CHAIN_DATA, BOMBYX_LISTEN and BOMBYX_CHAIN_BLOCK_INTERVAL. */
export function readChainConfig(env: EnvReader): ChainConfig {
  return {
    data: env.path('BOMBYX_CHAIN_DATA', '.bombyx/chain'),
    listen: env.text('BOMBYX_LISTEN', '127.0.0.1:0'),
    blockIntervalMs: env.duration('BOMBYX_CHAIN_BLOCK_INTERVAL', '5s')
  }
}
