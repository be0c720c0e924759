import type { Address, Message, Transaction, TransactionDescription } from '@ton/core'
import type { Chain, TransactionId } from '../../../contracts/chain.ts'
import { readEscrow } from '../../../contracts/escrow/consumer.ts'
import { ESCROW_OPS, type EscrowPayment, parsePayment } from '../../../contracts/escrow/messages.ts'
import type { OpenEscrow } from '../../../contracts/escrow/state.ts'
import { accountOf, addressOf, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { normalizedMessageHash } from '../../../contracts/message.ts'
import type { LocalPayment } from '../../../services/network/local/payment.ts'

/** What one transaction of the escrow moved, nanoTON. */
export interface EscrowStep {
  readonly isClaim: boolean
  /** The contract refused it, and sent back what was left. */
  readonly isRefused: boolean
  readonly came: bigint
  /** Of the consumer's. */
  readonly isDeposit: boolean
  readonly gas: bigint
  readonly left: readonly { readonly to: string; readonly value: bigint; readonly payment: EscrowPayment | undefined }[]
}

/** What came from the escrow, what the chain took for keeping the account, and what is there. */
export interface WalletBooks {
  readonly came: readonly bigint[]
  readonly rent: bigint
  readonly balance: bigint
}

/** Oldest first. */
export interface ChainBooks {
  readonly escrow: { readonly state: OpenEscrow; readonly balance: bigint; readonly steps: readonly EscrowStep[] }
  /** Normalised hashes of the messages that the market's wallet took, hex. */
  readonly walletMessages: readonly string[]
  /** By account, hex. */
  readonly wallets: ReadonlyMap<string, WalletBooks>
}

export async function readChainBooks(chain: Chain, { terms, payees }: LocalPayment): Promise<ChainBooks> {
  const address = escrowAddress(terms)
  const state = await readEscrow(chain, address)
  if (state?.kind !== 'open') throw new Error('the escrow is not open')
  const consumer = hexOf(terms.consumer)
  const steps = (await readAll(chain, address)).map((transaction) => stepOf(transaction, consumer))
  const { balance } = await chain.account(address)
  const messages = (await readAll(chain, terms.market)).flatMap(({ inMessage }) => {
    const hash = inMessage == null ? undefined : normalizedMessageHash(inMessage)
    return hash === undefined ? [] : [Buffer.from(hash).toString('hex')]
  })
  const wallets = await Promise.all(
    payees.map(async ({ account }) => {
      return [account, await readWallet(chain, addressOf(Buffer.from(account, 'hex')), address)] as const
    })
  )
  return { escrow: { state, balance, steps }, walletMessages: messages, wallets: new Map(wallets) }
}

async function readWallet(chain: Chain, wallet: Address, escrow: Address): Promise<WalletBooks> {
  const transactions = await readAll(chain, wallet)
  const { balance } = await chain.account(wallet)
  return {
    came: transactions.flatMap(({ inMessage }) => valueFrom(inMessage, escrow)),
    rent: transactions.reduce((sum, { totalFees }) => sum + totalFees.coins, 0n),
    balance
  }
}

const PAGE = 100

async function readAll(chain: Chain, address: Address): Promise<readonly Transaction[]> {
  const found: Transaction[] = []
  for (let before: TransactionId | undefined; ; ) {
    const page = await chain.transactions(address, { limit: PAGE, ...(before === undefined ? {} : { before }) })
    found.unshift(...page.toReversed())
    const oldest = page.at(-1)
    if (oldest === undefined || oldest.prevTransactionLt === 0n) return found
    before = { lt: oldest.lt, hash: oldest.hash() }
  }
}

function stepOf({ inMessage, outMessages, totalFees, description }: Transaction, consumer: string): EscrowStep {
  const [came] = coinsOf(inMessage ?? undefined)
  const sent = outMessages.values().map((message) => {
    const [value, forward] = coinsOf(message)
    return {
      to: message.info.dest == null ? '' : hexOf(message.info.dest as Address),
      value,
      forward,
      payment: paymentOf(message)
    }
  })
  return {
    isClaim: opOf(inMessage ?? undefined) === ESCROW_OPS.claim,
    isRefused: isRefused(description),
    came,
    isDeposit: inMessage?.info.type === 'internal' && hexOf(inMessage.info.src) === consumer,
    gas: totalFees.coins + sent.reduce((sum, { forward }) => sum + forward, 0n),
    left: sent
  }
}

function isRefused(description: TransactionDescription): boolean {
  return description.type !== 'generic' || description.aborted
}

function coinsOf(message: Message | undefined): readonly [value: bigint, forward: bigint] {
  return message?.info.type === 'internal' ? [message.info.value.coins, message.info.forwardFee] : [0n, 0n]
}

function opOf(message: Message | undefined): number {
  const slice = message?.body.beginParse()
  return slice === undefined || slice.remainingBits < 32 ? 0 : slice.loadUint(32)
}

function paymentOf(message: Message): EscrowPayment | undefined {
  const op = opOf(message)
  const isPayment = op === ESCROW_OPS.payout || op === ESCROW_OPS.fee || op === ESCROW_OPS.rest
  return isPayment ? parsePayment(message.body) : undefined
}

function valueFrom(message: Message | null | undefined, sender: Address): bigint[] {
  if (message?.info.type !== 'internal' || !message.info.src.equals(sender)) return []
  return [message.info.value.coins]
}

function hexOf(address: Address): string {
  return accountOf(address).toString('hex')
}
