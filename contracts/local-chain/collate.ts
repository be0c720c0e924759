import { type Cell, Dictionary, loadAccount, loadMessage, loadTransaction } from '@ton/core'
import type { AccountChange, BlockTransaction } from './account-blocks.ts'
import { type Accounts, findAccount, NO_ACCOUNT } from './accounts.ts'
import { digestOf } from './cell-hash.ts'
import type { Machine, RunOutcome } from './machine.ts'

/** What running messages did to the accounts. */
export interface Collation {
  readonly transactions: readonly RanTransaction[]
  readonly accounts: readonly ChangedAccount[]
  /** Internal messages for a later block. */
  readonly pending: readonly Cell[]
  /** For each external message, why it was not accepted; undefined where it was. */
  readonly refusals: readonly (Extract<RunOutcome, { ok: false }> | undefined)[]
  readonly endLt: bigint
}

export interface RanTransaction extends BlockTransaction {
  readonly boc: Buffer
}

export interface ChangedAccount extends AccountChange {
  /** Base64 of the `ShardAccount`, for the machine. */
  readonly shardAccount: string
  /** Absent: the account is deleted. */
  readonly state?: {
    /** Of the `ShardAccount`. */
    readonly boc: Buffer
    readonly balance: bigint
    readonly lastTransaction: { readonly hash: Buffer; readonly lt: bigint }
  }
}

export interface CollationInput {
  readonly accounts: Accounts | undefined
  /** Those left by the block before, then delivered first. */
  readonly pending: readonly Cell[]
  /** BoC roots of external messages. */
  readonly external: readonly { readonly cell: Cell; readonly key: Uint8Array }[]
  readonly startLt: bigint
  readonly now: number
  readonly seed: Buffer
}

export interface CollationContext {
  readonly machine: Machine
  /** Base64 of the `ShardAccount` of an address, of an empty one where there is none. */
  readonly readShardAccount: (key: Uint8Array) => string
}

/** A block runs no more than this; what messages cause beyond it waits for the next. */
const MOST_TRANSACTIONS = 256

/** Runs messages in order, each followed by all that it causes in this workchain, and collects the result. Changes nothing. */
export async function collate(input: CollationInput, context: CollationContext): Promise<Collation> {
  const run = new Run(input, context)
  const queue = [...input.pending]
  await run.deliver(queue)
  const refusals: Collation['refusals'][number][] = []
  for (const { cell, key } of input.external) {
    const outcome = await run.one(cell, key, queue)
    refusals.push(outcome.ok ? undefined : outcome)
    await run.deliver(queue)
  }
  return { ...run.result(), pending: queue, refusals }
}

class Run {
  readonly #input: CollationInput
  readonly #context: CollationContext
  readonly #changed = new Map<string, ChangedAccount>()
  readonly #transactions: RanTransaction[] = []
  #lt: bigint

  constructor(input: CollationInput, context: CollationContext) {
    this.#input = input
    this.#context = context
    this.#lt = input.startLt
  }

  async deliver(queue: Cell[]): Promise<void> {
    while (this.#transactions.length < MOST_TRANSACTIONS) {
      const cell = queue.shift()
      if (cell === undefined) return
      const { info } = loadMessage(cell.beginParse())
      if (info.type !== 'internal') continue
      await this.one(cell, info.dest.hash, queue)
    }
  }

  /** One message at one account; what it sends to this workchain joins the queue. */
  async one(message: Cell, key: Uint8Array, queue: Cell[]): Promise<RunOutcome> {
    const { now, seed } = this.#input
    const name = Buffer.from(key).toString('hex')
    const account = this.#changed.get(name)?.shardAccount ?? this.#context.readShardAccount(key)
    const outcome = await this.#context.machine.run({ account, message, now, lt: this.#lt, seed })
    if (!outcome.ok) return outcome
    const transaction = loadTransaction(outcome.transaction.beginParse())
    this.#lt = transaction.lt + BigInt(transaction.outMessagesCount) + 1n
    const ran = { account: key, lt: transaction.lt, totalFees: transaction.totalFees.coins, cell: outcome.transaction }
    this.#transactions.push({ ...ran, boc: outcome.transactionBoc })
    this.#changed.set(name, this.#change(key, outcome))
    queue.push(...readMessagesHere(outcome.transaction))
    return outcome
  }

  #change(key: Uint8Array, outcome: Extract<RunOutcome, { ok: true }>): ChangedAccount {
    const before = findAccount(this.#input.accounts, key)?.account ?? digestOf(NO_ACCOUNT)
    const slice = outcome.shardAccount.beginParse()
    const account = slice.loadRef()
    const lastTransaction = { hash: slice.loadBuffer(32), lt: slice.loadUintBig(64) }
    const change = { key, before, after: digestOf(account), shardAccount: outcome.account }
    if (account.bits.length === 1) return change
    return {
      ...change,
      state: { boc: Buffer.from(outcome.account, 'base64'), balance: readBalance(account), lastTransaction }
    }
  }

  result(): Pick<Collation, 'transactions' | 'accounts' | 'endLt'> {
    return { transactions: this.#transactions, accounts: [...this.#changed.values()], endLt: this.#lt }
  }
}

/** The balance of an `Account` cell that is not `account_none`. */
function readBalance(account: Cell): bigint {
  return loadAccount(account.beginParse().skip(1)).storage.balance.coins
}

/** The messages that a transaction sends to this workchain, as it made them: a message stored again may hash otherwise. */
function readMessagesHere(transaction: Cell): readonly Cell[] {
  const messages = transaction.refs[0]?.beginParse()
  if (messages === undefined) return []
  messages.loadMaybeRef()
  const sent = messages.loadDict(Dictionary.Keys.Uint(15), Dictionary.Values.Cell()).values()
  return sent.filter((cell) => {
    const { info } = loadMessage(cell.beginParse())
    // The masterchain has no accounts here: what is sent there is lost.
    return info.type === 'internal' && info.dest.workChain === 0
  })
}
