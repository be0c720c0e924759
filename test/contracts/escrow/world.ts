import { type Address, type Cell, type MessageRelaxed, type StateInit, toNano } from '@ton/core'
import type { Blockchain, BlockchainTransaction, SandboxContract, TreasuryContract } from '@ton/sandbox'
import { ed25519PrivateKey, ed25519PublicBytes, type PrivateKey } from '../../../attestation/crypto.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { ATTACHED, Escrow } from '../../../contracts/escrow/escrow.ts'
import { type EscrowPayment, parsePayment } from '../../../contracts/escrow/messages.ts'
import type { OpenEscrow, PayeeState } from '../../../contracts/escrow/state.ts'
import { accountOf, DEFAULT_DELAY, type EscrowTerms } from '../../../contracts/escrow/terms.ts'
import { type FeeYear, openSandbox, TEST_NETWORK } from '../sandbox.ts'

export type Wallet = SandboxContract<TreasuryContract>

export const voucherKey: PrivateKey = ed25519PrivateKey(new Uint8Array(32).fill(1))
export const otherKey: PrivateKey = ed25519PrivateKey(new Uint8Array(32).fill(2))
export const FEE_SHARE = 500
export const ROOT: Uint8Array = new Uint8Array(32).fill(7)

/** What became of one message to an escrow. */
export interface Outcome {
  readonly exit: number
  readonly transaction: BlockchainTransaction
  /** What the escrow sent, a bounce not included: to whom, nanoTON in all, and what it said. */
  readonly sent: readonly { readonly to: string; readonly value: bigint; readonly says: EscrowPayment }[]
  /** Whether the message went back, with what it carried and did not use. */
  readonly bounced: boolean
}

export interface World {
  readonly chain: Blockchain
  readonly terms: EscrowTerms
  readonly escrow: SandboxContract<Escrow>
  readonly consumer: Wallet
  readonly market: Wallet
  readonly payee: Wallet
  readonly stranger: Wallet
  /** A message of any kind to the escrow. */
  send(from: Wallet, body: Cell | undefined, options?: SendOptions): Promise<Outcome>
  /** What the escrow makes of a message that a wallet cannot write. */
  deliver(message: MessageRelaxed): Promise<Outcome>
  /** What became of each message that reached the escrow, in order. */
  outcomes(transactions: readonly BlockchainTransaction[]): readonly Outcome[]
  /** A voucher as it travels. */
  voucher(
    payee: Address,
    cumulative: bigint,
    options?: { readonly key?: PrivateKey; readonly escrow?: Address }
  ): Uint8Array
  state(): Promise<OpenEscrow>
  payeeState(payee: Address): Promise<PayeeState>
  balance(): Promise<bigint>
  /** Hash of code and data. */
  fingerprint(): Promise<string>
  wait(seconds: number): void
}

export interface SendOptions {
  readonly value?: bigint
  readonly bounce?: boolean
  readonly init?: StateInit
}

/** An escrow at the fees of a year, not deployed yet. */
export async function openWorld(year: FeeYear = 2026, change: Partial<EscrowTerms> = {}): Promise<World> {
  const chain = await openSandbox(year)
  const [consumer, market, payee, stranger] = [
    await chain.treasury('consumer'),
    await chain.treasury('market'),
    await chain.treasury('payee'),
    await chain.treasury('stranger')
  ]
  const terms: EscrowTerms = {
    consumer: consumer.address,
    market: market.address,
    feeShare: FEE_SHARE,
    delay: DEFAULT_DELAY,
    firstVoucherKey: ed25519PublicBytes(voucherKey),
    network: TEST_NETWORK,
    nonce: 1n,
    ...change
  }
  const escrow = chain.openContract(new Escrow(terms))
  const { address } = escrow
  const state = async () => {
    const read = await escrow.getState()
    if (read.kind !== 'open') throw new Error('the escrow is closed')
    return read
  }
  return {
    chain,
    terms,
    escrow,
    consumer,
    market,
    payee,
    stranger,
    async send(from, body, { value = ATTACHED, bounce = true, init } = {}) {
      const result = await from.send({ to: address, value, bounce, ...(body && { body }), ...(init && { init }) })
      return firstOf(outcomesOf(result.transactions, address))
    },
    async deliver(message) {
      if (message.info.type !== 'internal') throw new TypeError('an internal message')
      const info = { ...message.info, src: message.info.src ?? undefined }
      const result = await chain.sendMessage({ ...message, info } as Parameters<Blockchain['sendMessage']>[0])
      return firstOf(outcomesOf(result.transactions, address))
    },
    outcomes: (transactions) => outcomesOf(transactions, address),
    voucher(to, cumulative, { key = voucherKey, escrow: of = address } = {}) {
      return signVoucher({ escrow: accountOf(of), payee: accountOf(to), cumulative, usageRoot: ROOT }, key)
    },
    state,
    async payeeState(to) {
      const entry = (await state()).payees.get(accountOf(to).toString('hex'))
      if (entry === undefined) throw new Error(`${to} is no payee`)
      return entry
    },
    async fingerprint() {
      const { accountState } = await chain.getContract(address)
      if (accountState?.type !== 'active') throw new Error(`the account is ${accountState?.type}`)
      const { code, data } = accountState.state
      return [code, data].map((cell) => cell?.hash().toString('hex')).join(' ')
    },
    balance: async () => (await chain.getContract(address)).balance,
    wait(seconds) {
      chain.now = (chain.now ?? 0) + seconds
    }
  }
}

/** One with 1 TON deposited, of which 0.5 TON are reserved for the payee. */
export async function openReserved(year: FeeYear = 2026, change: Partial<EscrowTerms> = {}): Promise<World> {
  const world = await openWorld(year, change)
  await world.escrow.sendReserve(world.consumer.getSender(), {
    payee: world.payee.address,
    reserved: toNano('0.5'),
    value: toNano('1')
  })
  return world
}

/** What a transaction took: gas, rent, and the way of what it sent. */
export function feesOf({ transaction }: Pick<Outcome, 'transaction'>): bigint {
  const ways = transaction.outMessages.values().map(({ info }) => (info.type === 'internal' ? info.forwardFee : 0n))
  return ways.reduce((sum, way) => sum + way, transaction.totalFees.coins)
}

function outcomesOf(transactions: readonly BlockchainTransaction[], address: Address): readonly Outcome[] {
  return transactions.filter(({ inMessage }) => inMessage?.info.dest?.toString() === address.toString()).map(outcomeOf)
}

function firstOf([outcome]: readonly Outcome[]): Outcome {
  if (outcome === undefined) throw new Error('nothing reached the escrow')
  return outcome
}

function outcomeOf(transaction: BlockchainTransaction): Outcome {
  if (transaction.description.type !== 'generic') throw new Error(`a ${transaction.description.type} transaction`)
  const { computePhase, actionPhase } = transaction.description
  // The exit code of the machine, else that of its actions; a message without value for gas has neither.
  const exit = computePhase.type === 'vm' ? computePhase.exitCode || (actionPhase?.resultCode ?? 0) : Number.NaN
  const sent = transaction.outMessages.values().flatMap(({ info, body }) => {
    if (info.type !== 'internal' || info.bounced) return []
    return [{ to: info.dest.toString(), value: info.value.coins, says: parsePayment(body) }]
  })
  const bounced = transaction.outMessages.values().some(({ info }) => info.type === 'internal' && info.bounced)
  return { exit, transaction, sent, bounced }
}
