import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Chain } from '../../contracts/chain.ts'
import { depositAndReserve, orderCost, type Reservation } from '../../contracts/escrow/consumer.ts'
import { accountOf, addressOf, type EscrowTerms } from '../../contracts/escrow/terms.ts'
import { readKeyFile, type SigningKey } from '../../contracts/key-file.ts'
import { walletOf } from '../../contracts/send.ts'
import { type EscrowFile, readEscrowFile, writeEscrowFile } from '../client/start.ts'
import { ServiceError } from '../runtime/errors.ts'
import { DATA_OPTION } from './network-options.ts'
import { print } from './print.ts'
import { confirm, formatTon, showAddress } from './ton.ts'

export interface PayOptions {
  readonly data: string
  readonly escrow?: string
  readonly wallet?: string
  readonly yes?: true
  readonly json?: true
}

export function payCommand(pay: Command, name: string, summary: string): Command {
  return pay
    .command(name)
    .description(summary)
    .option(...DATA_OPTION)
    .option('--escrow <file>', 'escrow file (default: escrow.json in the data folder)')
    .option('--wallet <file>', "key of the consumer's wallet, v5r1 (default: consumer.key in the data folder)")
    .option('--yes', 'do not ask')
}

export interface Paths {
  readonly escrow: string
  readonly wallet: string
}

export function pathsOf({ data, escrow, wallet }: PayOptions): Paths {
  return { escrow: resolve(escrow ?? `${data}/escrow.json`), wallet: resolve(wallet ?? `${data}/consumer.key`) }
}

export interface Order {
  readonly deposit: bigint
  readonly reservations: readonly Reservation[]
}

/** Deposits and reserves from the consumer's wallet, after it was shown and confirmed. */
export async function order(chain: Chain, paths: Paths, wish: Order, { yes }: PayOptions): Promise<void> {
  const file = await readEscrowFile(paths.escrow)
  const key = await consumerKey(chain, paths, file)
  const cost = orderCost(wish.deposit, wish.reservations)
  const { balance } = await chain.account(walletOf(chain, key).address)
  print(...headOf(chain, file))
  for (const { payee, reserved } of wish.reservations) {
    print(`payee     ${showAddress(chain, payee, false)}: ${formatTon(reserved)} TON reserved in all`)
  }
  print(
    `cost      ${formatTon(wish.deposit)} TON deposited, at most ${formatTon(cost)} TON from the wallet, fees included`
  )
  if (balance < cost) throw new ServiceError('UNPAID', `the wallet has ${formatTon(balance)} TON`)
  await confirm('Send?', yes)
  const state = await depositAndReserve(chain, key, termsOf(file), wish)
  print(`done: ${formatTon(state.locked)} TON locked for payees, fee included`)
}

/** Brings reservations up to what is wanted, and writes them where the client reads them before each voucher. */
export async function orderReservations(
  chain: Chain,
  reservations: readonly Reservation[],
  options: PayOptions
): Promise<void> {
  const paths = pathsOf(options)
  await order(chain, paths, { deposit: 0n, reservations }, options)
  const file = await readEscrowFile(paths.escrow)
  const raised = reservations.map(({ payee, reserved }) => ({ payee: accountOf(payee), reserved }))
  const others = file.payees.filter(({ payee }) => !raised.some((one) => one.payee.equals(Buffer.from(payee))))
  await writeEscrowFile(paths.escrow, { ...file, payees: [...others, ...raised] })
}

export function termsOf({
  consumer,
  market,
  feeShare,
  delay,
  firstVoucherKey,
  network,
  nonce
}: EscrowFile): EscrowTerms {
  const parties = { consumer: addressOf(consumer), market: addressOf(market) }
  return { ...parties, feeShare, delay, firstVoucherKey, network, nonce: BigInt(nonce) }
}

export async function consumerKey(
  chain: Chain,
  { wallet }: Paths,
  { consumer, network }: EscrowFile
): Promise<SigningKey> {
  if (network !== chain.networkId) throw new ServiceError('CONFIG_INVALID', `the escrow is of network ${network}`)
  const key = readKeyFile(wallet)
  if (walletOf(chain, key).address.equals(addressOf(consumer))) return key
  throw new ServiceError('CONFIG_INVALID', `${wallet} is not the key of the escrow's consumer`)
}

export function headOf(chain: Chain, { escrow, consumer }: EscrowFile): readonly string[] {
  return [
    `network   ${chain.network}, global id ${chain.networkId}`,
    `escrow    ${showAddress(chain, addressOf(escrow), true)}`,
    `wallet    ${showAddress(chain, addressOf(consumer), false)}`
  ]
}
