import type { Cell } from '@ton/core'
import { ContractError } from '../errors.ts'
import { buildAccounts } from './accounts.ts'
import { applyAccounts, type Bytes, Ledger, MOST_TIPS, nextTip, placeIn, readEntry, readPending } from './ledger.ts'
import { type AccountRecord, type BlockRecord, parseRecord, placesOf } from './record.ts'
import type { Tip } from './tip.ts'

interface Entry {
  readonly record: BlockRecord
  readonly at: Bytes
  readonly pending: readonly Cell[]
}

/**
 * Makes a ledger from the journal's entries. Of the accounts only the last state before the newest blocks is built into a
 * dictionary, once; then block by block, because states can be proven at those.
 */
export class Replay {
  readonly #ledger = new Ledger()
  readonly #newest: Entry[] = []
  readonly #accounts = new Map<string, { readonly account: AccountRecord; readonly at: Bytes }>()
  #before: Tip | undefined
  #faucet: string | undefined

  /** The one account of the first entry. */
  get faucet(): string | undefined {
    return this.#faucet
  }

  /** Takes the next entry's body. JOURNAL_DAMAGED: it is another block's. */
  readonly visit = (body: Buffer, position: number, number: number): void => {
    const record = parseRecord(body)
    if (record.master.seqno !== number) throw new ContractError('JOURNAL_DAMAGED', `entry ${number} is another block`)
    this.#faucet ??= record.accounts[0]?.key
    const at = { position, length: body.length }
    this.#ledger.index(record, at)
    this.#newest.push({ record, at, pending: readPending(record, body) })
    if (this.#newest.length > MOST_TIPS) this.#settle(this.#newest.shift())
  }

  finish(): Ledger {
    const settled = [...this.#accounts].sort(([a], [b]) => (a < b ? -1 : 1))
    let accounts = buildAccounts(settled.map(([, { account, at }]) => readEntry(account, at)))
    let before = this.#before && { ...this.#before, accounts }
    for (const { record, at, pending } of this.#newest) {
      accounts = applyAccounts(accounts, record, at)
      before = nextTip(before, record, accounts, pending)
      this.#ledger.push(before)
    }
    return this.#ledger
  }

  #settle(entry: Entry | undefined): void {
    if (entry === undefined) return
    const { record, at, pending } = entry
    const places = placesOf(record).accounts
    for (const [index, account] of record.accounts.entries()) {
      if ('deleted' in account) this.#accounts.delete(account.key)
      else this.#accounts.set(account.key, { account, at: placeIn(at, places[index]) })
    }
    this.#before = nextTip(this.#before, record, undefined, pending)
  }
}
