import { access, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Address, internal } from '@ton/core'
import type { Command } from 'commander'
import type { Chain } from '../../../contracts/chain.ts'
import { openKeyFile, readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { CHAIN_HELP, openChainOf, parseAddress, showAddress } from '../access/chain.ts'
import { DATA_OPTION } from '../access/network.ts'
import { EXIT_HELP } from '../exit.ts'
import { confirm } from '../terminal/confirm.ts'
import { print, printJson } from '../terminal/print.ts'
import { formatTon, parseTon } from '../terminal/ton.ts'

const EXAMPLES = `
Examples:
  bombyx wallet new consumer.key                     a key of a new wallet, v5r1
  bombyx wallet show consumer.key                    its address, and what is in it
  bombyx wallet send .bombyx/chain/faucet.key 0Q… 10
      10 TON from the local chain's faucet; deploys the sender's wallet where it is not.
${CHAIN_HELP}`

interface WalletOptions {
  readonly data: string
  readonly json?: true
  readonly yes?: true
}

/** Sending costs about 0.005 TON, and more the first time. */
const FEES = 20_000_000n

export function addCommand(program: Command): void {
  const wallet = program
    .command('wallet')
    .description("A wallet's key file.")
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  walletCommand(wallet, 'new <file>', 'make a key; a file that is there is left alone').action(create)
  walletCommand(wallet, 'show <file>', 'address and balance').action(show)
  walletCommand(wallet, 'send <file>', 'send TON')
    .argument('<to>', 'address', parseAddress)
    .argument('<TON>', 'how much', parseTon)
    .option('--yes', 'do not ask')
    .action(send)
}

function walletCommand(wallet: Command, usage: string, summary: string): Command {
  return wallet
    .command(usage)
    .description(summary)
    .option(...DATA_OPTION)
    .option('--json', 'as JSON')
}

async function create(file: string, options: WalletOptions): Promise<void> {
  const path = resolve(file)
  const isThere = await access(path).then(
    () => true,
    () => false
  )
  if (isThere) throw new ServiceError('ARGUMENT_INVALID', `${file} is there already`)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await tell(await openChainOf(options.data), openKeyFile(path), options)
}

async function show(file: string, options: WalletOptions): Promise<void> {
  await tell(await openChainOf(options.data), readKeyFile(resolve(file)), options)
}

async function tell(chain: Chain, key: SigningKey, { json }: WalletOptions): Promise<void> {
  const { address } = walletOf(chain, key)
  const { balance } = await chain.account(address)
  if (json === true) return printJson({ address: address.toRawString(), balance: String(balance) })
  print(`address   ${showAddress(chain, address, false)}`, `balance   ${formatTon(balance)} TON, ${chain.network}`)
}

async function send(file: string, to: Address, value: bigint, options: WalletOptions): Promise<void> {
  const [chain, key] = [await openChainOf(options.data), readKeyFile(resolve(file))]
  if (value === 0n) throw new ServiceError('ARGUMENT_INVALID', 'more than 0 TON is wanted')
  const { address } = walletOf(chain, key)
  const { balance } = await chain.account(address)
  if (options.json !== true) {
    print(`from      ${showAddress(chain, address, false)}, ${formatTon(balance)} TON`)
    print(`to        ${showAddress(chain, to, false)}: ${formatTon(value)} TON`)
  }
  if (balance < value + FEES) {
    const wanted = `${formatTon(value)} and up to ${formatTon(FEES)} for fees`
    throw new ServiceError('UNPAID', `the wallet has ${formatTon(balance)} TON of ${wanted}`)
  }
  await confirm('Send?', options.yes)
  await sendAndWait(chain, key, [internal({ to, value, bounce: false })])
  if (options.json === true) printJson({ to: to.toRawString(), sent: String(value) })
  else print(`sent: ${formatTon(balance - (await chain.account(address)).balance)} TON left the wallet, fees included`)
}
