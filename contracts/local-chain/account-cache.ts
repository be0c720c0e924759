import { beginCell } from '@ton/core'
import { type AccountEntry, NO_ACCOUNT } from './accounts.ts'

/** Accounts as the machine takes them: base64 of the BoC of a `ShardAccount`. */
export interface AccountCache {
  /** Of an empty account where there is no entry. */
  read(entry: AccountEntry | undefined): string
  /** What a block left of an account, so that the next need not read it. */
  put(entry: AccountEntry, encoded: string): void
}

/** So many are kept, the last used. */
const MOST_CACHED = 256

export function createAccountCache(readBytes: (at: AccountEntry['at']) => Buffer): AccountCache {
  const kept = new Map<string, { readonly entry: AccountEntry; readonly encoded: string }>()
  const put: AccountCache['put'] = (entry, encoded) => {
    const name = Buffer.from(entry.key).toString('hex')
    kept.delete(name)
    kept.set(name, { entry, encoded })
    const [oldest] = kept.keys()
    if (kept.size > MOST_CACHED && oldest !== undefined) kept.delete(oldest)
  }
  return {
    put,
    read: (entry) => {
      if (entry === undefined) return EMPTY_SHARD_ACCOUNT
      const found = kept.get(Buffer.from(entry.key).toString('hex'))
      const encoded = found?.entry === entry ? found.encoded : readBytes(entry.at).toString('base64')
      put(entry, encoded)
      return encoded
    }
  }
}

const EMPTY_SHARD_ACCOUNT = beginCell()
  .storeRef(NO_ACCOUNT)
  .storeUint(0, 256)
  .storeUint(0, 64)
  .endCell()
  .toBoc()
  .toString('base64')
