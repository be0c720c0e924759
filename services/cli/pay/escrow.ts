import { resolve } from 'node:path'
import type { Address, Cell } from '@ton/core'
import type { Command } from 'commander'
import type { Chain } from '../../../contracts/chain.ts'
import {
  depositAndReserve,
  orderCost,
  type Reservation,
  readEscrow,
  sendToEscrow
} from '../../../contracts/escrow/consumer.ts'
import { ATTACHED } from '../../../contracts/escrow/escrow.ts'
import { type EscrowState, type OpenEscrow, reservationsOf } from '../../../contracts/escrow/state.ts'
import { addressOf, type EscrowTerms } from '../../../contracts/escrow/terms.ts'
import { readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import { type EscrowFile, readEscrowFile, writeEscrowFile } from '../../client/start.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { openChainOf, showAddress } from '../access/chain.ts'
import { DATA_OPTION } from '../access/network.ts'
import { confirm } from '../terminal/confirm.ts'
import { print } from '../terminal/print.ts'
import { formatTon } from '../terminal/ton.ts'
import { planOrder } from './order-plan.ts'

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

/**
 * Deposits and reserves from the consumer's wallet, after it was shown and confirmed, and writes what is reserved where the client
 * reads it before each voucher.
 */
export async function order(chain: Chain, paths: Paths, wish: Order, { yes }: PayOptions): Promise<void> {
  const file = await readEscrowFile(paths.escrow)
  const key = await consumerKey(chain, paths, file)
  const { address } = walletOf(chain, key)
  const cost = orderCost(wish.deposit, wish.reservations)
  const { balance } = await chain.account(address)
  print(...headOf(chain, file))
  for (const { payee, reserved } of wish.reservations) {
    print(`payee     ${showAddress(chain, payee, false)}: ${formatTon(reserved)} TON reserved in all`)
  }
  print(
    `cost      ${formatTon(wish.deposit)} TON deposited, at most ${formatTon(cost)} TON from the wallet, fees included`
  )
  const found = await readEscrow(chain, addressOf(file.escrow))
  const free = wish.deposit + (found?.kind === 'open' ? await readFree(chain, addressOf(file.escrow)) : 0n)
  const { feeShare } = file
  const step = planOrder({ state: found, free, attached: ATTACHED, feeShare, reservations: wish.reservations })
  if (step.kind === 'refuse') throw new ServiceError('UNPAID', step.why)
  const { reservations } = step
  if (wish.deposit === 0n && reservations.length === 0) {
    if (found !== undefined) await writeReservations(paths, found)
    return print('nothing to do: so much or more is reserved already; `bombyx pay release` takes some of it back')
  }
  if (balance < cost) throw new ServiceError('UNPAID', `the wallet has ${formatTon(balance)} TON of ${formatTon(cost)}`)
  await confirm('Send?', yes)
  const state = await depositAndReserve(chain, key, termsOf(file), { ...wish, reservations })
  await writeReservations(paths, state)
  const spent = balance - (await chain.account(address)).balance
  print(
    `done: ${formatTon(spent)} TON left the wallet; ${formatTon(state.locked)} TON are locked for payees, fee included`
  )
}

/** nanoTON that the escrow has beyond what is locked, the fee due, and its rent. */
export async function readFree(chain: Chain, escrow: Address): Promise<bigint> {
  return (await chain.getMethod(escrow, 'free')).readBigNumber()
}

export async function writeReservations(paths: Paths, state: EscrowState): Promise<void> {
  await writeEscrowFile(paths.escrow, { ...(await readEscrowFile(paths.escrow)), payees: reservationsOf(state) })
}

/** An escrow file, and what the chain has of it. */
export interface FoundEscrow {
  readonly chain: Chain
  readonly paths: Paths
  readonly file: EscrowFile
  readonly to: Address
  readonly state: OpenEscrow
  /** Unix seconds, of the newest block. */
  readonly now: number
}

/** NOT_FOUND where it is not open. */
export async function findEscrow(options: PayOptions): Promise<FoundEscrow> {
  const [chain, paths] = [await openChainOf(options.data), pathsOf(options)]
  const file = await readEscrowFile(paths.escrow)
  const to = addressOf(file.escrow)
  const state = await readEscrow(chain, to)
  print(...headOf(chain, file))
  if (state?.kind !== 'open') throw new ServiceError('NOT_FOUND', 'the escrow is not open')
  return { chain, paths, file, to, state, now: (await chain.latestBlock()).genUtime }
}

export interface EscrowMessage {
  /** For people. */
  readonly what: string
  /** Called once the message is confirmed: what must be on disk before it is sent is written here. */
  readonly make: () => Cell | Promise<Cell>
  readonly isDone: (state: EscrowState) => boolean
}

/** Sends the consumer's message, after it was shown and confirmed, and gives the escrow once `isDone`. */
export async function tellEscrow(
  { chain, paths, file, to }: FoundEscrow,
  { what, make, isDone }: EscrowMessage,
  { yes }: PayOptions
): Promise<EscrowState> {
  const key = await consumerKey(chain, paths, file)
  print(what, `cost      at most ${formatTon(ATTACHED)} TON, of which most stays the consumer's`)
  await confirm('Send?', yes)
  return sendToEscrow(chain, key, { to, body: await make() }, isDone)
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

async function consumerKey(chain: Chain, { wallet }: Paths, { consumer, network }: EscrowFile): Promise<SigningKey> {
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
