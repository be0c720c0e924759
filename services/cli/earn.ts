import { resolve } from 'node:path'
import type { Address } from '@ton/core'
import type { Command } from 'commander'
import { verifyEd25519 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { parseVoucher } from '../../attestation/receipt/voucher.ts'
import type { Chain } from '../../contracts/chain.ts'
import { readEscrow, sendToEscrow } from '../../contracts/escrow/consumer.ts'
import { ATTACHED } from '../../contracts/escrow/escrow.ts'
import { encodeClaim } from '../../contracts/escrow/messages.ts'
import { signingKeys } from '../../contracts/escrow/state.ts'
import { accountOf, addressOf } from '../../contracts/escrow/terms.ts'
import { readKeyFile } from '../../contracts/key-file.ts'
import { walletOf } from '../../contracts/send.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { createEnvReader } from '../runtime/env.ts'
import { ServiceError } from '../runtime/errors.ts'
import { callUnary, connect, readDialConfig } from '../runtime/grpc-client.ts'
import { formatCsv } from './csv.ts'
import { DATA_OPTION, readAddress } from './network-options.ts'
import { print, printJson, table } from './print.ts'
import { CHAIN_HELP, confirm, formatTon, openChainOf, parseAddress, parseTon, showAddress } from './ton.ts'

const EXAMPLES = `
Examples:
  bombyx earn status --wallet .bombyx/host-1.key     what its escrows owe it, and what was paid
  bombyx earn status --payee <address>               the same, without the key
  bombyx earn claim --wallet payee.key --at-least 0.05
  bombyx earn export --payee <address> > earnings.csv
${CHAIN_HELP}`

interface EarnOptions {
  readonly data: string
  readonly wallet?: string
  readonly payee?: Address
  readonly market?: string
  readonly atLeast: bigint
  readonly json?: true
  readonly yes?: true
}

/** nanoTON. */
interface Earning {
  readonly escrow: Address
  readonly voucher: Uint8Array
  readonly vouchered: bigint
  /** Both by the chain itself, not by the market. */
  readonly reserved: bigint
  readonly paid: bigint
  /** What a claim would pay now. */
  readonly claimable: bigint
}

const NAMES = ['escrow', 'payee', 'vouchered', 'reserved', 'paid', 'claimable'] as const

export function addCommand(program: Command): void {
  const earn = program.command('earn').description("A provider's earnings.").addHelpText('after', EXAMPLES)
  earnCommand(earn, 'status', 'what is vouchered, reserved, paid and claimable')
    .option('--json', 'as JSON')
    .action(showStatus)
  earnCommand(earn, 'claim', 'claim it from the wallet, which pays for gas')
    .option('--at-least <TON>', 'leave what is less', parseTon, 1n)
    .option('--yes', 'do not ask')
    .action(claim)
  earnCommand(earn, 'export', 'CSV, nanoTON').action(async (options: EarnOptions) => {
    const { earnings, payee } = await readEarnings(await openChainOf(options.data), options)
    print(
      ...formatCsv(
        NAMES,
        earnings.map((one) => recordOf(one, payee))
      )
    )
  })
}

function earnCommand(earn: Command, name: string, summary: string): Command {
  return earn
    .command(name)
    .description(summary)
    .option(...DATA_OPTION)
    .option('--wallet <file>', "key of the payee's wallet, v5r1 (default: host-1.key in the data folder)")
    .option('--payee <address>', 'instead of the key, where nothing is sent', parseAddress)
    .option('--market <host:port>', 'market (default: of the network that is up)')
}

async function showStatus(options: EarnOptions): Promise<void> {
  const chain = await openChainOf(options.data)
  const { earnings, payee } = await readEarnings(chain, options)
  if (options.json === true) return printJson(earnings.map((one) => recordOf(one, payee)))
  const { balance } = await chain.account(payee)
  print(`payee     ${showAddress(chain, payee, false)}, ${formatTon(balance)} TON in the wallet`)
  const rows = earnings.map(({ escrow, ...sums }) => [
    showAddress(chain, escrow, true),
    ...[sums.vouchered, sums.reserved, sums.paid, sums.claimable].map(formatTon)
  ])
  print(...table([['escrow', 'vouchered', 'reserved', 'paid', 'claimable'], ...rows]))
}

async function claim(options: EarnOptions): Promise<void> {
  const chain = await openChainOf(options.data)
  const key = readKeyFile(walletPath(options))
  const { earnings, payee } = await readEarnings(chain, { ...options, payee: walletOf(chain, key).address })
  const due = earnings.filter(({ claimable }) => claimable >= options.atLeast && claimable > 0n)
  if (due.length === 0) return print('Nothing to claim.')
  const { balance } = await chain.account(payee)
  const cost = BigInt(due.length) * ATTACHED
  print(`wallet    ${showAddress(chain, payee, false)}`)
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

async function readEarnings(
  chain: Chain,
  options: EarnOptions
): Promise<{ readonly payee: Address; readonly earnings: readonly Earning[] }> {
  const payee = options.payee ?? walletOf(chain, readKeyFile(walletPath(options))).address
  const authority = await readAddress(options.market, options.data, 'market')
  const market = await connect(bombyxV1.Vouchers, authority, readDialConfig(createEnvReader(process.env)))
  try {
    const { vouchers } = await callUnary(market, 'ListVouchers', { payee: accountOf(payee) })
    return { payee, earnings: bestOf(await Promise.all(vouchers.map(({ voucher }) => earningOf(chain, voucher)))) }
  } finally {
    market.close()
  }
}

async function earningOf(chain: Chain, voucher: Uint8Array): Promise<Earning> {
  const { escrow: account, payee, cumulative: vouchered } = parseVoucher(voucher)
  const escrow = addressOf(account)
  const state = await readEscrow(chain, escrow)
  const entry = state?.kind === 'open' ? state.payees.get(encodeHex(payee)) : undefined
  const { reserved = 0n, paid = 0n } = entry ?? {}
  const isGood = state?.kind === 'open' && isSignedBy(signingKeys(state, Date.now() / 1000), voucher)
  const most = !isGood ? 0n : vouchered < reserved ? vouchered : reserved
  return { escrow, voucher, vouchered, reserved, paid, claimable: most > paid ? most - paid : 0n }
}

/** One an escrow: in a change of its key it has a voucher by each. */
function bestOf(earnings: readonly Earning[]): readonly Earning[] {
  const best = new Map<string, Earning>()
  for (const one of earnings) {
    const name = one.escrow.toRawString()
    const other = best.get(name)
    if (other === undefined || one.claimable > other.claimable) best.set(name, one)
  }
  return [...best.values()]
}

function isSignedBy(keys: readonly Uint8Array[], voucher: Uint8Array): boolean {
  const { bytes, signature } = parseVoucher(voucher)
  return keys.some((key) => verifyEd25519(key, bytes, signature))
}

function recordOf({ escrow, vouchered, reserved, paid, claimable }: Earning, payee: Address) {
  const [from, to] = [escrow.toRawString(), payee.toRawString()]
  const sums = [vouchered, reserved, paid, claimable].map(String) as [string, string, string, string]
  return { escrow: from, payee: to, vouchered: sums[0], reserved: sums[1], paid: sums[2], claimable: sums[3] }
}

function walletPath({ data, wallet }: EarnOptions): string {
  return resolve(wallet ?? `${data}/host-1.key`)
}
