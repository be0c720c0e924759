import { type Cell, loadAccount } from '@ton/core'
import { findInDictionary } from './dictionary.ts'

/** An account's entry in its shard's dictionary. */
export interface AccountEntry {
  /** Of its `Account` cell. */
  readonly hash: Uint8Array
  readonly lastTransaction: { readonly lt: bigint; readonly hash: Uint8Array }
}

/** What an `Account` cell holds. */
export interface AccountState {
  readonly status: 'active' | 'uninitialized' | 'frozen'
  /** nanoTON */
  readonly balance: bigint
  /** Representation hash of the code; absent unless the account is active and has some. */
  readonly codeHash?: Uint8Array
  readonly code?: Cell
  readonly data?: Cell
}

/** Looks an account up in `ShardAccounts` (HashmapAugE 256 ShardAccount DepthBalanceInfo). Undefined: it is proven that it has no entry. */
export function findAccountEntry(accounts: Cell, key: string): AccountEntry | undefined {
  const root = accounts.beginParse().loadMaybeRef()
  const leaf = root === null ? undefined : findInDictionary(root, key)
  if (leaf === undefined) return undefined
  // depth_balance$_ split_depth:(#<= 30) balance:CurrencyCollection; extra currencies are a dictionary in a reference
  leaf.skip(5)
  leaf.loadCoins()
  leaf.loadMaybeRef()
  const hash = leaf.loadRef().hash(0)
  return { hash, lastTransaction: { hash: leaf.loadBuffer(32), lt: leaf.loadUintBig(64) } }
}

/** `account$1`; undefined for `account_none$0`. The address is part of the cell: `key` must be in it. */
export function readAccountState(cell: Cell, workchain: number, key: Uint8Array): AccountState | undefined {
  const slice = cell.beginParse()
  if (!slice.loadBit()) return undefined
  const { addr, storage } = loadAccount(slice)
  if (addr.workChain !== workchain || Buffer.compare(addr.hash, key) !== 0) throw new TypeError('another account')
  const { balance, state } = storage
  const base = { balance: balance.coins }
  if (state.type === 'uninit') return { ...base, status: 'uninitialized' }
  if (state.type === 'frozen') return { ...base, status: 'frozen' }
  const { code, data } = state.state
  return {
    ...base,
    status: 'active',
    ...(code == null ? {} : { code, codeHash: code.hash() }),
    ...(data == null ? {} : { data })
  }
}
