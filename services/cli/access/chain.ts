import { resolve } from 'node:path'
import { Address } from '@ton/core'
import { InvalidArgumentError } from 'commander'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { readChainSettings } from '../../runtime/chain-config.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { readNetworkFile } from '../../runtime/network-file.ts'

export const CHAIN_HELP = `
On the local chain of the network that is up, or where TON_NETWORK (local, testnet, mainnet), TON_ENDPOINT and TON_API_KEY say.
Address and cost are printed before anything is sent; --yes does not ask.`

/** By the environment, or else the chain of the network that is up on this machine. */
export async function openChainOf(dataFolder: string): Promise<Chain> {
  const settings = readChainSettings(createEnvReader(process.env))
  if (settings !== undefined) return openChain(settings)
  return openChain({ network: 'local', endpoint: (await readNetworkFile(resolve(dataFolder))).chain })
}

/** As people are shown a wallet or a contract. */
export function showAddress(chain: Chain, address: Address, bounceable: boolean): string {
  return address.toString({ bounceable, testOnly: chain.network !== 'mainnet' })
}

/** The same for tables: its beginning and its end. */
export function shortAddress(chain: Chain, address: Address, bounceable: boolean): string {
  const text = showAddress(chain, address, bounceable)
  return `${text.slice(0, 6)}…${text.slice(-6)}`
}

export function parseAddress(text: string): Address {
  try {
    return Address.parse(text)
  } catch {
    throw new InvalidArgumentError('an address of TON is wanted')
  }
}
