import { type Account, type Address, Cell, getMethodId, loadAccount, parseTuple } from '@ton/core'
import { type AccountEntry, findAccount } from './accounts.ts'
import type { Bytes, TransactionRef } from './ledger.ts'
import type { LocalChain } from './local-chain.ts'
import { base64, blockIdJson, masterIdOf } from './names.ts'
import type { Parameters } from './parameters.ts'
import { RpcError, unknownTransaction, unreadable } from './rpc-error.ts'
import { readStack, stackJson } from './stack.ts'
import { transactionId, transactionJson } from './transaction-json.ts'

export function getAddressInformation(chain: LocalChain, parameters: Parameters) {
  const { entry, account } = readAccountAt(chain, parameters.address('address'))
  const state = account?.storage.state
  const init = state?.type === 'active' ? state.state : undefined
  const last = entry?.lastTransaction ?? { lt: 0n, hash: Buffer.alloc(32) }
  return {
    '@type': 'raw.fullAccountState',
    balance: String(account?.storage.balance.coins ?? 0n),
    extra_currencies: [],
    code: encode(init?.code),
    data: encode(init?.data),
    last_transaction_id: transactionId(last.lt, last.hash),
    block_id: blockIdJson(masterIdOf(chain.tip.master)),
    frozen_hash: state?.type === 'frozen' ? base64(hashOf(state.stateHash)) : '',
    sync_utime: chain.tip.master.genUtime,
    state: statusOf(account)
  }
}

export function getAddressBalance(chain: LocalChain, parameters: Parameters): string {
  return String(findAccount(chain.tip.accounts, keyOf(parameters.address('address')))?.balance ?? 0n)
}

export function getAddressState(chain: LocalChain, parameters: Parameters): string {
  return statusOf(readAccountAt(chain, parameters.address('address')).account)
}

export async function runGetMethod(chain: LocalChain, parameters: Parameters) {
  const address = parameters.address('address')
  const stack = readStack(parameters.value('stack'))
  const { account } = readAccountAt(chain, address)
  const state = account?.storage.state
  const code = state?.type === 'active' ? state.state.code : undefined
  if (account === undefined || state?.type !== 'active' || code == null) return methodResult(0, -13, [])
  const data = state.state.data ?? Cell.EMPTY
  const { coins: balance } = account.storage.balance
  const run = {
    ...{ address, code, data, balance, stack },
    methodId: readMethodId(parameters),
    now: chain.tip.master.genUtime
  }
  const output = await chain.machine.runGetMethod(run)
  if (!output.success) throw new RpcError(500, `LITE_SERVER_UNKNOWN: ${output.error}`)
  const results = parseTuple(Cell.fromBase64(output.stack))
  return methodResult(Number(output.gas_used), output.vm_exit_code, stackJson(results))
}

function methodResult(gasUsed: number, exitCode: number, stack: readonly unknown[]) {
  return { '@type': 'smc.runResult', gas_used: gasUsed, stack, exit_code: exitCode }
}

function readMethodId(parameters: Parameters): number {
  const method = parameters.value('method')
  if (typeof method === 'number' && Number.isSafeInteger(method)) return method
  return getMethodId(parameters.text('method'))
}

/** Newest first, from the transaction named on if one is, down to `to_lt` at most. */
export function getTransactions(chain: LocalChain, parameters: Parameters) {
  const address = parameters.address('address')
  const limit = parameters.integer('limit', { min: 1, max: 101, fallback: 10 })
  const toLt = parameters.optionalAmount('to_lt') ?? 0n
  const refs = chain.ledger.transactionsOf(keyOf(address))
  const newest = readStart(chain, refs, parameters)
  const page: Cell[] = []
  for (let at = newest; at >= 0 && page.length < limit; at -= 1) {
    const ref = refs[at]
    if (ref === undefined || ref.lt <= toLt) break
    page.push(readTransaction(chain, ref.at))
  }
  return page.map((cell) => transactionJson(cell, address))
}

function readStart(chain: LocalChain, refs: readonly TransactionRef[], parameters: Parameters): number {
  const lt = parameters.optionalAmount('lt')
  if (lt === undefined || lt === 0n) return refs.length - 1
  const at = countUpTo(refs, lt) - 1
  const ref = refs[at]
  const hash = parameters.optionalText('hash')
  const named = ref?.lt === lt ? readTransaction(chain, ref.at) : undefined
  if (named === undefined || (hash !== undefined && !named.hash().equals(readHash(hash)))) throw unknownTransaction()
  return at
}

/** The transaction that a message from `source`, made at `created_lt`, caused at `destination`. */
export function tryLocateResultTx(chain: LocalChain, parameters: Parameters) {
  const { source, destination, createdLt } = readMessageName(parameters)
  const refs = chain.ledger.transactionsOf(keyOf(destination))
  for (let at = countUpTo(refs, createdLt); at < refs.length; at += 1) {
    const cell = readTransaction(chain, (refs[at] as TransactionRef).at)
    const json = transactionJson(cell, destination)
    if (json.in_msg?.created_lt === String(createdLt) && json.in_msg.source === String(source)) return json
  }
  throw unknownTransaction()
}

/** The transaction of `source` that made the message. */
export function tryLocateSourceTx(chain: LocalChain, parameters: Parameters) {
  const { source, destination, createdLt } = readMessageName(parameters)
  const refs = chain.ledger.transactionsOf(keyOf(source))
  const ref = refs[countUpTo(refs, createdLt) - 1]
  const json = ref && transactionJson(readTransaction(chain, ref.at), source)
  const made = json?.out_msgs.some(
    (message) => message.created_lt === String(createdLt) && message.destination === String(destination)
  )
  if (json === undefined || made !== true) throw unknownTransaction()
  return json
}

function readMessageName(parameters: Parameters) {
  const createdLt = parameters.optionalAmount('created_lt')
  if (createdLt === undefined) throw unreadable('created_lt')
  return { source: parameters.address('source'), destination: parameters.address('destination'), createdLt }
}

/** How many of an account's transactions, oldest first, are of `lt` or before. */
function countUpTo(refs: readonly TransactionRef[], lt: bigint): number {
  let [low, high] = [0, refs.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((refs[middle] as TransactionRef).lt <= lt) low = middle + 1
    else high = middle
  }
  return low
}

function readTransaction(chain: LocalChain, at: Bytes): Cell {
  const [cell] = Cell.fromBoc(chain.readBytes(at))
  if (cell === undefined) throw unknownTransaction()
  return cell
}

function readAccountAt(
  chain: LocalChain,
  address: Address
): { readonly entry: AccountEntry | undefined; readonly account: Account | undefined } {
  const entry = findAccount(chain.tip.accounts, keyOf(address))
  return { entry, account: entry && loadAccount(chain.readAccount(entry).beginParse().skip(1)) }
}

function statusOf(account: Account | undefined): 'active' | 'uninitialized' | 'frozen' {
  const type = account?.storage.state.type ?? 'uninit'
  return type === 'uninit' ? 'uninitialized' : type
}

/** The masterchain has no accounts, so nothing is found at its addresses. */
export function keyOf({ workChain, hash }: Address): Uint8Array {
  return workChain === 0 ? hash : new Uint8Array(0)
}

function readHash(text: string): Buffer {
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
}

const encode = (cell: Cell | null | undefined): string => (cell == null ? '' : base64(cell.toBoc()))
const hashOf = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
