/** Networks by the name that `TON_NETWORK` takes, with TON's global id (configuration parameter 19), as in a challenge's preimage. */
export const NETWORK_IDS = { mainnet: -239, testnet: -3, local: -4242 } as const

export type NetworkName = keyof typeof NETWORK_IDS

/** Where an account's state and its proofs are asked for, unless the configuration names another place. */
export const PROOF_ENDPOINTS: Readonly<Record<Exclude<NetworkName, 'local'>, string>> = {
  mainnet: 'https://tonapi.io',
  testnet: 'https://testnet.tonapi.io'
}
