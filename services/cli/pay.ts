import { access, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Address } from '@ton/core'
import type { Command } from 'commander'
import { ed25519PublicBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { Chain } from '../../contracts/chain.ts'
import { readEscrow, sendToEscrow } from '../../contracts/escrow/consumer.ts'
import { ATTACHED } from '../../contracts/escrow/escrow.ts'
import { encodeAskClose, encodeClose } from '../../contracts/escrow/messages.ts'
import type { OpenEscrow } from '../../contracts/escrow/state.ts'
import { accountOf, addressOf, DEFAULT_DELAY, escrowAddress } from '../../contracts/escrow/terms.ts'
import { openKeyFile } from '../../contracts/key-file.ts'
import { walletOf } from '../../contracts/send.ts'
import { type EscrowFile, readEscrowFile, writeEscrowFile } from '../client/start.ts'
import { ServiceError } from '../runtime/errors.ts'
import { makeKeyFile, readKeyFile as readVoucherKey } from '../runtime/key-file.ts'
import {
  consumerKey,
  headOf,
  order,
  orderReservations,
  type Paths,
  type PayOptions,
  pathsOf,
  payCommand
} from './escrow-access.ts'
import { readAddress } from './network-options.ts'
import { addHosts } from './pay-hosts.ts'
import { dim, print, printJson, table } from './print.ts'
import { CHAIN_HELP, confirm, formatTon, openChainOf, parseAddress, parseTon, showAddress } from './ton.ts'

const EXAMPLES = `
Examples:
  bombyx pay status                          the escrow that the local endpoint pays from
  bombyx pay deposit 2                       2 TON more into it
  bombyx pay hosts --model bombyx/demonstration --reserve 0.5
  bombyx pay reserve <payee> 1.5             what is reserved for a host's payee comes to 1.5 TON in all
  TON_NETWORK=testnet TON_ENDPOINT=https://testnet.toncenter.com/api/v2/jsonRPC \\
    bombyx pay deposit 2 --wallet wallet.key --escrow escrow.json --market <address>
${CHAIN_HELP}`

export function addCommand(program: Command): void {
  const pay = program.command('pay').description("A consumer's escrow.").addHelpText('after', EXAMPLES)
  payCommand(pay, 'deposit', 'deposit TON; makes escrow, voucher key and escrow file where they are not')
    .argument('<TON>', 'how much', parseTon)
    .option(
      '--market <address>',
      'for a new escrow: the market that it pays (default: of the network that is up)',
      parseAddress
    )
    .option('--fee-share <parts>', 'for a new escrow: of 10,000, on top of what hosts get', Number, 500)
    .option('--delay <seconds>', 'for a new escrow: what closing waits', Number, DEFAULT_DELAY)
    .action(deposit)
  payCommand(pay, 'reserve', 'reserve TON for a payee, in all that was ever reserved for it')
    .argument('<payee>', 'its address', parseAddress)
    .argument('<TON>', 'how much in all', parseTon)
    .action(reserve)
  payCommand(pay, 'status', 'what the chain has of it').option('--json', 'as JSON').action(showStatus)
  payCommand(pay, 'close', 'ask to close; after the delay, close and take what is left').action(close)
  addHosts(pay)
}

interface NewEscrow {
  readonly feeShare: number
  readonly delay: number
}

async function deposit(amount: bigint, options: PayOptions & NewEscrow & { readonly market?: Address }): Promise<void> {
  const chain = await openChainOf(options.data)
  const paths = pathsOf(options)
  if (!(await isThere(paths.escrow))) {
    const market = options.market ?? (await readMarketWallet(chain, options.data))
    await makeEscrowFile(chain, paths, { ...options, market })
  }
  await order(chain, paths, { deposit: amount, reservations: [] }, options)
}

async function reserve(payee: Address, reserved: bigint, options: PayOptions): Promise<void> {
  await orderReservations(await openChainOf(options.data), [{ payee, reserved }], options)
}

async function showStatus(options: PayOptions): Promise<void> {
  const [chain, paths] = [await openChainOf(options.data), pathsOf(options)]
  const file = await readEscrowFile(paths.escrow)
  const address = addressOf(file.escrow)
  const { balance } = await chain.account(address)
  const state = await readEscrow(chain, address)
  if (options.json === true) return printJson(statusJson(file, balance, state?.kind === 'open' ? state : undefined))
  print(...headOf(chain, file))
  if (state?.kind !== 'open')
    return print(state === undefined ? 'not deployed: `bombyx pay deposit`' : 'closed for good')
  print(
    `balance   ${formatTon(balance)} TON, ${formatTon(state.locked)} locked for payees, ${formatTon(state.feeDue)} fee due`
  )
  if (state.closesAt !== undefined) print(`closing   from ${new Date(state.closesAt * 1000).toISOString()} on`)
  const rows = [...state.payees].map(([payee, { reserved, paid }]) => [
    showAddress(chain, addressOf(Buffer.from(payee, 'hex')), false),
    formatTon(reserved),
    formatTon(paid),
    formatTon(reserved - paid)
  ])
  print(...table([['payee', 'reserved', 'paid', 'left'], ...rows]))
}

function statusJson(file: EscrowFile, balance: bigint, state: OpenEscrow | undefined) {
  const payees = [...(state?.payees ?? [])].map(([payee, { reserved, paid }]) => ({
    payee: `0:${payee}`,
    reserved: String(reserved),
    paid: String(paid)
  }))
  const sums = { balance: String(balance), locked: String(state?.locked ?? 0n), feeDue: String(state?.feeDue ?? 0n) }
  return {
    escrow: `0:${encodeHex(file.escrow)}`,
    open: state !== undefined,
    ...sums,
    closesAt: state?.closesAt ?? null,
    payees
  }
}

async function close(options: PayOptions): Promise<void> {
  const [chain, paths] = [await openChainOf(options.data), pathsOf(options)]
  const file = await readEscrowFile(paths.escrow)
  const to = addressOf(file.escrow)
  const state = await readEscrow(chain, to)
  print(...headOf(chain, file))
  if (state?.kind !== 'open') return print('It is not open.')
  const { genUtime } = await chain.latestBlock()
  if (state.closesAt !== undefined && genUtime < state.closesAt) {
    return print(
      `asked for; it can be closed from ${new Date(state.closesAt * 1000).toISOString()} on, by this command`
    )
  }
  const isLast = state.closesAt !== undefined
  print(
    isLast
      ? 'closes it and sends the wallet what is left'
      : `begins the delay of ${state.terms.delay} s; cannot be taken back`
  )
  print(`cost      at most ${formatTon(ATTACHED)} TON, of which most comes back`)
  await confirm('Send?', options.yes)
  const key = await consumerKey(chain, paths, file)
  const body = isLast ? encodeClose() : encodeAskClose()
  await sendToEscrow(
    chain,
    key,
    { to, body },
    (next) => next.kind === 'closed' || (!isLast && next.closesAt !== undefined)
  )
  print(isLast ? 'closed' : 'asked for; vouchers can be claimed until the delay is over')
}

/** The market of the network that is up; elsewhere than on its chain it must be named. */
async function readMarketWallet({ network }: Chain, dataFolder: string): Promise<Address> {
  if (network !== 'local') throw new ServiceError('ARGUMENT_INVALID', '--market is wanted for a new escrow')
  return parseAddress(await readAddress(undefined, dataFolder, 'marketWallet'))
}

/** A new escrow of the wallet's: nonce 1, a voucher key of its own beside the file. */
async function makeEscrowFile(
  chain: Chain,
  paths: Paths,
  { market, feeShare, delay }: NewEscrow & { readonly market: Address }
): Promise<void> {
  await mkdir(dirname(paths.escrow), { recursive: true, mode: 0o700 })
  const voucherKeyFile = `${dirname(paths.escrow)}/voucher-key.pem`
  const isKept = await isThere(voucherKeyFile)
  const voucherKey = isKept ? await readVoucherKey(voucherKeyFile) : await makeKeyFile(voucherKeyFile)
  const consumer = walletOf(chain, openKeyFile(paths.wallet)).address
  const firstVoucherKey = ed25519PublicBytes(voucherKey)
  const terms = { consumer, market, feeShare, delay, firstVoucherKey, network: chain.networkId, nonce: 1n }
  await writeEscrowFile(paths.escrow, {
    escrow: accountOf(escrowAddress(terms)),
    consumer: accountOf(consumer),
    market: accountOf(market),
    ...{ feeShare, delay, firstVoucherKey, network: chain.networkId, nonce: '1' },
    voucherKeyFile: 'voucher-key.pem',
    payees: []
  })
  print(dim(`made ${paths.escrow} and its voucher key; give both to the client as BOMBYX_ESCROW`))
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
