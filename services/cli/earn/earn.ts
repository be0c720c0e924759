import { resolve } from 'node:path'
import type { Address } from '@ton/core'
import { type Command, InvalidArgumentError } from 'commander'
import type { Chain } from '../../../contracts/chain.ts'
import { sendToEscrow } from '../../../contracts/escrow/consumer.ts'
import { ATTACHED } from '../../../contracts/escrow/escrow.ts'
import { encodeClaim } from '../../../contracts/escrow/messages.ts'
import { accountOf } from '../../../contracts/escrow/terms.ts'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { CHAIN_HELP, openChainOf, parseAddress, shortAddress, showAddress } from '../access/chain.ts'
import { DATA_OPTION } from '../access/network.ts'
import { EXIT_HELP } from '../exit.ts'
import { confirm } from '../terminal/confirm.ts'
import { formatCsv } from '../terminal/csv.ts'
import { print, printJson, table } from '../terminal/print.ts'
import { formatTon, parseTon, tonColumn } from '../terminal/ton.ts'
import { type Earning, readDelivered, readEarnings, type VoucherSource } from './earnings.ts'
import { addPayouts } from './payouts.ts'
import { addStatements } from './statements.ts'

const EXAMPLES = `
Examples:
  bombyx earn status --wallet .bombyx/host-1.key     what its escrows owe it, and what was paid
  bombyx earn status --payee <address>               the same, without the key
  bombyx earn status --wallet provider.key --hosts 3 of a key's first three wallets, and in all
  bombyx earn statements --from 2026-11-01           each charge of its hosts: delivered, vouchered, paid
  bombyx earn payouts --payee <address>              every transaction of the wallet, to its balance
  bombyx earn claim --wallet payee.key --at-least 0.05
  bombyx earn claim --wallet payee.key --state <folder>
      what the host's own memory (BOMBYX_HOST_STATE) has vouchers for, whatever the market says
  bombyx earn export --payee <address> > earnings.csv

status has what was delivered, too, for a provider's token (BOMBYX_TOKEN). Consumers sign somewhat more than that in advance.
Each host has a payee of its own. One key has many wallets: provider.key is the first, provider.key#1 the next.
${CHAIN_HELP}`

interface EarnOptions extends VoucherSource {
  readonly wallet?: string
  readonly hosts?: number
  readonly payee?: Address
  readonly atLeast: bigint
  readonly json?: true
  readonly yes?: true
}

const NAMES = ['escrow', 'payee', 'vouchered', 'reserved', 'paid', 'claimable'] as const
const SUMS = ['vouchered', 'reserved', 'paid', 'claimable'] as const

export function addCommand(program: Command): void {
  const earn = program
    .command('earn')
    .description("A provider's earnings.")
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  earnCommand(earn, 'status', 'what is vouchered, reserved, paid and claimable')
    .option('--json', 'as JSON')
    .action(showStatus)
  addStatements(earn)
  addPayouts(earn)
  earnCommand(earn, 'claim', 'claim it from the wallet, which pays for gas')
    .option('--at-least <TON>', 'leave what is less', parseTon, 1n)
    .option('--yes', 'do not ask')
    .action(claim)
  earnCommand(earn, 'export', 'CSV, nanoTON').action(async (options: EarnOptions) => {
    const chain = await openChainOf(options.data)
    print(...formatCsv(NAMES, (await readAll(chain, options)).map(recordOf)))
  })
}

function earnCommand(earn: Command, name: string, summary: string): Command {
  return earn
    .command(name)
    .description(summary)
    .option(...DATA_OPTION)
    .option('--wallet <file>', "key of the payee's wallet, v5r1 (default: host-1.key in the data folder)")
    .option('--hosts <number>', "so many of the key's wallets, from the first on", parseHosts)
    .option('--payee <address>', 'instead of the key, where nothing is sent', parseAddress)
    .option('--market <host:port>', 'market (default: of the network that is up)')
    .option('--state <folder>', "a host's memory of its payers, instead of the market's")
}

async function showStatus(options: EarnOptions): Promise<void> {
  const chain = await openChainOf(options.data)
  const earnings = await readAll(chain, options)
  const delivered = await readDelivered(options)
  if (options.json === true) {
    const records = earnings.map((one) => ({ ...recordOf(one), delivered: delivered?.of(one).toString() ?? null }))
    return printJson(records)
  }
  const payees = payeesOf(chain, options)
  const sumsOf = (own: readonly Earning[]): readonly string[] => [
    ...(delivered === undefined ? [] : [tonColumn(own.reduce((sum, one) => sum + delivered.of(one), 0n))]),
    ...SUMS.map((name) => tonColumn(sumOf(own, name)))
  ]
  const rows = earnings.map((one) => [
    shortAddress(chain, one.payee, false),
    shortAddress(chain, one.escrow, true),
    ...sumsOf([one])
  ])
  for (const payee of payees) {
    const { balance } = await chain.account(payee)
    print(`payee     ${showAddress(chain, payee, false)}, ${formatTon(balance)} TON in the wallet`)
  }
  if (rows.length === 0) print('no voucher pays it yet')
  else {
    const heading = ['PAYEE', 'ESCROW', ...(delivered === undefined ? [] : ['DELIVERED']), ...SUMS]
    const sum = rows.length > 1 ? [['', 'in all', ...sumsOf(earnings)]] : []
    print('', ...table([heading.map((name) => name.toUpperCase()), ...rows, ...sum]))
  }
  if (delivered !== undefined && delivered.open > 0n) {
    print('', `delivered, and no voucher yet: ${formatTon(delivered.open)} TON`)
  }
}

async function claim(options: EarnOptions): Promise<void> {
  const chain = await openChainOf(options.data)
  for (const wallet of walletsOf(options)) await claimFor(chain, wallet, options)
}

async function claimFor(chain: Chain, wallet: string, options: EarnOptions): Promise<void> {
  const key = readKeyFile(wallet)
  const payee = walletOf(chain, key).address
  const earnings = await readEarnings(chain, payee, options)
  const due = earnings.filter(({ claimable }) => claimable >= options.atLeast && claimable > 0n)
  print(`wallet    ${showAddress(chain, payee, false)}`)
  if (due.length === 0) return print('Nothing to claim.')
  const { balance } = await chain.account(payee)
  const cost = BigInt(due.length) * ATTACHED
  for (const { escrow, claimable } of due)
    print(`escrow    ${showAddress(chain, escrow, true)}: ${formatTon(claimable)} TON`)
  print(`cost      at most ${formatTon(cost)} TON attached, of which all but the fees comes back with the payment`)
  if (balance < cost)
    throw new ServiceError('UNPAID', `the wallet has ${formatTon(balance)} TON: it pays for gas first`)
  await confirm('Claim?', options.yes)
  for (const { escrow, voucher, paid, claimable } of due) {
    const account = accountOf(payee).toString('hex')
    await sendToEscrow(chain, key, { to: escrow, body: encodeClaim(voucher) }, (state) => {
      return state.kind === 'open' && (state.payees.get(account)?.paid ?? 0n) >= paid + claimable
    })
    print(`claimed   ${formatTon(claimable)} TON from ${showAddress(chain, escrow, true)}`)
  }
}

/** Of each of the payees in turn. */
async function readAll(chain: Chain, options: EarnOptions): Promise<readonly Earning[]> {
  const earnings: Earning[] = []
  for (const payee of payeesOf(chain, options)) earnings.push(...(await readEarnings(chain, payee, options)))
  return earnings
}

function payeesOf(chain: Chain, options: EarnOptions): readonly Address[] {
  if (options.payee !== undefined) return [options.payee]
  return walletsOf(options).map((wallet) => walletOf(chain, readKeyFile(wallet)).address)
}

function walletsOf({ data, wallet, hosts }: EarnOptions): readonly string[] {
  const path = resolve(wallet ?? `${data}/host-1.key`)
  return hosts === undefined ? [path] : Array.from({ length: hosts }, (_, index) => `${path}#${index}`)
}

function parseHosts(text: string): number {
  const hosts = Number(text)
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 1000) throw new InvalidArgumentError('1 to 1000 are wanted')
  return hosts
}

function sumOf(earnings: readonly Earning[], name: (typeof SUMS)[number]): bigint {
  return earnings.reduce((sum, one) => sum + one[name], 0n)
}

function recordOf({ escrow, payee, vouchered, reserved, paid, claimable }: Earning) {
  const [from, to] = [escrow.toRawString(), payee.toRawString()]
  const sums = [vouchered, reserved, paid, claimable].map(String) as [string, string, string, string]
  return { escrow: from, payee: to, vouchered: sums[0], reserved: sums[1], paid: sums[2], claimable: sums[3] }
}
