import type { Address, Transaction } from '@ton/core'
import type { AccountReport, Chain, TransactionId } from './chain.ts'
import { ContractError } from './errors.ts'

/** An account's transactions, oldest first, up to the one that made it what `account` says. */
export interface AccountHistory {
  readonly account: AccountReport
  readonly transactions: readonly Transaction[]
  /** Why older ones are missing; absent where the first is the account's first. */
  readonly missing?: string
}

/** Transactions that are read unless a bound is named. */
const MOST = 100_000
const PAGE = 99

/**
 * Reads back from the newest transaction. Each names the one before it by its hash, so an endpoint can cut the list short (`missing`),
 * and neither leave one out nor put one in: CHAIN_MALFORMED. What it says of the newest is its word.
 */
export async function readHistory(chain: Chain, address: Address, most: number = MOST): Promise<AccountHistory> {
  const account = await chain.account(address)
  const newest = account.lastTransaction?.lt ?? 0n
  const found: Transaction[] = []
  let wanted = newest === 0n ? undefined : account.lastTransaction
  let [before, missing] = [undefined as TransactionId | undefined, undefined as string | undefined]
  while (wanted !== undefined && missing === undefined) {
    const page = await readPage(chain, address, before)
    before = typeof page === 'string' ? undefined : idOf(page.at(-1))
    if (typeof page === 'string') missing = page
    // Some may have come since the account was looked at.
    else
      wanted = append(
        found,
        wanted,
        page.filter(({ lt }) => lt <= newest)
      )
    if (wanted !== undefined && found.length >= most) missing = `only the last ${found.length} are read`
  }
  return { account, transactions: found.reverse(), ...(missing === undefined ? {} : { missing }) }
}

/** Or else why there is none. The newest must be had. */
async function readPage(
  chain: Chain,
  address: Address,
  before: TransactionId | undefined
): Promise<readonly Transaction[] | string> {
  try {
    const page = await chain.transactions(address, { limit: PAGE, ...(before === undefined ? {} : { before }) })
    return page.length === 0 ? 'the endpoint lists no older ones' : page
  } catch (error) {
    if (!(error instanceof ContractError) || error.code === 'CHAIN_MALFORMED' || before === undefined) throw error
    return `${error.code}: ${error.message}`
  }
}

/** Which one comes before them; undefined: none. */
function append(found: Transaction[], first: TransactionId, page: readonly Transaction[]): TransactionId | undefined {
  let wanted = first
  for (const transaction of page) {
    if (!transaction.hash().equals(Buffer.from(wanted.hash)) || transaction.lt !== wanted.lt) {
      throw new ContractError(
        'CHAIN_MALFORMED',
        `the endpoint leaves out transaction ${wanted.lt}, or another's is there`
      )
    }
    found.push(transaction)
    const { prevTransactionLt: lt, prevTransactionHash } = transaction
    if (lt === 0n) return undefined
    wanted = { lt, hash: Buffer.from(prevTransactionHash.toString(16).padStart(64, '0'), 'hex') }
  }
  return wanted
}

function idOf(transaction: Transaction | undefined): TransactionId | undefined {
  return transaction && { lt: transaction.lt, hash: transaction.hash() }
}
