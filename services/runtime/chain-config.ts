import { configError, type EnvReader } from './env.ts'
import { isLoopback } from './listen.ts'

/** Where TON is asked, by what `contracts/chain.ts` wants to know. */
export interface ChainSettings {
  readonly network: (typeof NETWORKS)[number]
  readonly endpoint: string
  readonly apiKey?: string
}

const NETWORKS = ['mainnet', 'testnet', 'local'] as const

/** Reads TON_NETWORK (`mainnet`, `testnet`, `local`), TON_ENDPOINT (URL of its JSON-RPC) and TON_API_KEY; undefined without a network. */
export function readChainSettings(env: EnvReader): ChainSettings | undefined {
  const name = env.optionalText('TON_NETWORK')
  if (name === undefined) return undefined
  const network = NETWORKS.find((known) => known === name)
  if (network === undefined) throw configError('TON_NETWORK', `one of ${NETWORKS.join(', ')} is wanted`)
  const endpoint = env.text('TON_ENDPOINT')
  const url = URL.parse(endpoint)
  // What is read there is not proven, and the key would travel in the clear.
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!isAllowed) throw configError('TON_ENDPOINT', 'an https URL is wanted; http is for loopback')
  const apiKey = env.optionalSecret('TON_API_KEY')
  return { network, endpoint, ...(apiKey === undefined ? {} : { apiKey }) }
}
