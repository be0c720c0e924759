import { resolve } from 'node:path'
import type { Address } from '@ton/core'
import type { Command } from 'commander'
import type { Chain } from '../../../contracts/chain.ts'
import { readEscrow, sendToEscrow } from '../../../contracts/escrow/consumer.ts'
import { ATTACHED } from '../../../contracts/escrow/escrow.ts'
import { encodeCollectFee } from '../../../contracts/escrow/messages.ts'
import { feesOf } from '../../../contracts/escrow/state.ts'
import { accountOf, addressOf } from '../../../contracts/escrow/terms.ts'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import type { EscrowFee__Output } from '../../../proto/gen/bombyx/v1/EscrowFee.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { openChainOf, showAddress } from '../access/chain.ts'
import { type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { confirm } from '../terminal/confirm.ts'
import { print, table, timeOf } from '../terminal/print.ts'
import { printRecords } from '../terminal/records.ts'
import { formatTon, parseTon } from '../terminal/ton.ts'

interface CollectOptions extends MarketOptions {
  readonly wallet?: string
  readonly atLeast: bigint
  readonly yes?: true
}

const NAMES = ['escrow', 'market', 'accrued', 'collected', 'due', 'checked_at'] as const

export function addFees(market: Command): void {
  marketCommand(market, 'fees', 'what each escrow owes its market, as it last saw the chain')
    .option('--csv', 'print CSV, nanoTON')
    .action(showFees)
  marketCommand(market, 'collect', 'collect the fee from each escrow by hand; a market with a wallet does it by itself')
    .option('--wallet <file>', "key of the market's wallet, v5r1 (default: market.key in the data folder)")
    .option('--at-least <TON>', 'leave what is less', parseTon, 1n)
    .option('--yes', 'do not ask')
    .action(collect)
}

async function showFees(options: MarketOptions): Promise<void> {
  const fees = await readFees(options)
  const rows = fees.map(({ escrow, accrued, collected, checkedAt }) => [
    addressOf(escrow).toRawString(),
    ...[BigInt(accrued), BigInt(collected), dueOf(accrued, collected)].map(formatTon),
    timeOf(Number(checkedAt))
  ])
  printRecords(fees.map(recordOf), options, {
    names: NAMES,
    show: () => print(...table([['ESCROW', 'ACCRUED', 'COLLECTED', 'DUE, TON', 'SEEN'], ...rows]))
  })
}

async function collect(options: CollectOptions): Promise<void> {
  const chain = await openChainOf(options.data)
  const key = readKeyFile(resolve(options.wallet ?? `${options.data}/market.key`))
  const { address } = walletOf(chain, key)
  const own = (await readFees(options)).filter(({ market }) => accountOf(address).equals(market))
  const found = await Promise.all(own.map(({ escrow }) => readDue(chain, addressOf(escrow))))
  const due = found.filter(({ amount }) => amount > 0n && amount >= options.atLeast)
  print(`wallet    ${showAddress(chain, address, false)}`)
  if (due.length === 0) return print('Nothing to collect.')
  for (const { escrow, amount } of due) print(`escrow    ${showAddress(chain, escrow, true)}: ${formatTon(amount)} TON`)
  const cost = BigInt(due.length) * ATTACHED
  print(`cost      at most ${formatTon(cost)} TON attached, of which all but the fees comes back with the payment`)
  const { balance } = await chain.account(address)
  if (balance < cost)
    throw new ServiceError('UNPAID', `the wallet has ${formatTon(balance)} TON: it pays for gas first`)
  await confirm('Collect?', options.yes)
  for (const { escrow, accrued, amount } of due) {
    await sendToEscrow(chain, key, { to: escrow, body: encodeCollectFee() }, (state) => {
      return state.kind === 'closed' || feesOf(state).collected >= accrued
    })
    print(`collected ${formatTon(amount)} TON from ${showAddress(chain, escrow, true)}`)
  }
}

async function readFees(options: MarketOptions): Promise<readonly EscrowFee__Output[]> {
  return withMarket(options, async (market) => (await callUnary(market, 'ListFees', {})).fees)
}

/** By the chain itself. A closed escrow has paid all of it. */
async function readDue(
  chain: Chain,
  escrow: Address
): Promise<{ readonly escrow: Address; readonly accrued: bigint; readonly amount: bigint }> {
  const state = await readEscrow(chain, escrow)
  if (state?.kind !== 'open') return { escrow, accrued: 0n, amount: 0n }
  const { accrued, collected } = feesOf(state)
  return { escrow, accrued, amount: accrued - collected }
}

function recordOf({ escrow, market, accrued, collected, checkedAt }: EscrowFee__Output) {
  return {
    ...{ escrow: addressOf(escrow).toRawString(), market: addressOf(market).toRawString() },
    ...{ accrued, collected, due: String(dueOf(accrued, collected)), checked_at: Number(checkedAt) }
  }
}

function dueOf(accrued: string, collected: string): bigint {
  return BigInt(accrued) - BigInt(collected)
}
