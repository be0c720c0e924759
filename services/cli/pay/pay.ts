import { access, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Address } from '@ton/core'
import type { Command } from 'commander'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { encodeAskClose, encodeClose } from '../../../contracts/escrow/messages.ts'
import type { EscrowState } from '../../../contracts/escrow/state.ts'
import { accountOf, DEFAULT_DELAY, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { openKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import { writeEscrowFile } from '../../client/start.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { makeKeyFile, readKeyFile as readVoucherKey } from '../../runtime/key-file.ts'
import { CHAIN_HELP, openChainOf, parseAddress } from '../access/chain.ts'
import { readAddress } from '../access/network.ts'
import { EXIT_HELP } from '../exit.ts'
import { dim, print, timeOf } from '../terminal/print.ts'
import { parseTon } from '../terminal/ton.ts'
import { addChangeKey } from './change-key.ts'
import { findEscrow, order, type Paths, type PayOptions, pathsOf, payCommand, tellEscrow } from './escrow.ts'
import { addHosts } from './hosts.ts'
import { addRecover } from './recover.ts'
import { addRelease } from './release.ts'
import { addStatus } from './status.ts'

const EXAMPLES = `
Examples:
  bombyx pay status                          the escrow that the local endpoint pays from
  bombyx pay deposit 2                       2 TON more into it
  bombyx pay hosts --model bombyx/demonstration --reserve 0.5
  bombyx pay reserve <payee> 1.5             what is reserved for a host's payee comes to 1.5 TON in all
  bombyx pay release <payee> 0.5             … comes down to 0.5: asks, and after the delay does it
  bombyx pay change-key                      vouchers by a new key; after the delay, removes the old one
  bombyx pay recover                         the folder with the vouchers is lost: goes on from what the chain has paid
  TON_NETWORK=testnet TON_ENDPOINT=https://testnet.toncenter.com/api/v2/jsonRPC \\
    bombyx pay deposit 2 --wallet wallet.key --escrow escrow.json --market <address>
${CHAIN_HELP}`

export function addCommand(program: Command): void {
  const pay = program
    .command('pay')
    .description("A consumer's escrow.")
    .addHelpText('after', EXAMPLES + EXIT_HELP)
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
  addStatus(pay)
  addRelease(pay)
  addChangeKey(pay)
  addRecover(pay)
  payCommand(pay, 'close', 'ask to close; after the delay, close and take what is left').action(close)
  addHosts(pay)
}

interface NewEscrow {
  readonly feeShare: number
  readonly delay: number
}

async function deposit(amount: bigint, options: PayOptions & NewEscrow & { readonly market?: Address }): Promise<void> {
  if (amount === 0n) throw new ServiceError('ARGUMENT_INVALID', 'more than 0 TON is wanted')
  const chain = await openChainOf(options.data)
  const paths = pathsOf(options)
  if (!(await isThere(paths.escrow))) {
    const market = options.market ?? (await readMarketWallet(chain, options.data))
    await makeEscrowFile(chain, paths, { ...options, market })
  }
  await order(chain, paths, { deposit: amount, reservations: [] }, options)
}

async function reserve(payee: Address, reserved: bigint, options: PayOptions): Promise<void> {
  const wish = { deposit: 0n, reservations: [{ payee, reserved }] }
  await order(await openChainOf(options.data), pathsOf(options), wish, options)
}

async function close(options: PayOptions): Promise<void> {
  const found = await findEscrow(options)
  const { closesAt, terms } = found.state
  if (closesAt === undefined) {
    const what = `asks      to close; begins the delay of ${terms.delay} s, cannot be taken back`
    const isDone = (next: EscrowState) => next.kind === 'closed' || next.closesAt !== undefined
    await tellEscrow(found, { make: encodeAskClose, what, isDone }, options)
    return print('asked for; vouchers can be claimed until the delay is over')
  }
  if (found.now < closesAt) return print(`asked for; it can be closed from ${timeOf(closesAt)} on, by this command`)
  const what = 'closes    it, and sends the wallet what is left'
  await tellEscrow(found, { make: encodeClose, what, isDone: ({ kind }) => kind === 'closed' }, options)
  print('closed')
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
