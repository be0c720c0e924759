import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Address } from '@ton/core'
import { InvalidArgumentError } from 'commander'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { readChainSettings } from '../../runtime/chain-config.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { ServiceError } from '../../runtime/errors.ts'
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

/** Goes on where whoever sits at the terminal says so, or `yes` was given. CANCELLED, and ARGUMENT_INVALID where nobody is there. */
export async function confirm(question: string, yes: true | undefined): Promise<void> {
  if (yes !== true && !(await isConfirmed(question))) throw new ServiceError('CANCELLED', 'nothing was sent')
}

async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new ServiceError('ARGUMENT_INVALID', 'nobody is there to ask: --yes is wanted')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

/** TON in decimals → nanoTON. */
export function parseTon(text: string): bigint {
  const [, whole = '', fraction = ''] = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (whole === '') throw new InvalidArgumentError('TON with up to nine decimals are wanted')
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** nanoTON → TON in decimals, no digit lost. */
export function formatTon(nano: bigint): string {
  const fraction = (nano % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  return `${nano / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}
