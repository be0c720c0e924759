import { Cell } from '@ton/core'
import { type AccountEntry, type Accounts, removeAccount, setAccount } from './accounts.ts'
import { type AccountRecord, type BlockRecord, type Place, placesOf } from './record.ts'
import type { MasterTop, Tip } from './tip.ts'

/** Where one transaction is. */
export interface TransactionRef {
  readonly lt: bigint
  /** The masterchain block that brought it. */
  readonly seqno: number
  readonly at: Bytes
}

/** A run of bytes of the journal. */
export interface Bytes {
  readonly position: number
  readonly length: number
}

/** How many of the newest blocks account states can be proven at: 20 minutes of empty ones. */
export const MOST_TIPS = 256

/**
 * What of the journal is kept in memory: where each block and transaction is, and the accounts' dictionary as of the newest
 * blocks. Everything else is read from disk when it is asked for.
 */
export class Ledger {
  /** By number of the masterchain block, which is the number of its entry. */
  readonly #bodies: Bytes[] = []
  /** Numbers of the masterchain blocks that first named the shard blocks of these numbers. */
  readonly #shards: number[] = []
  readonly #transactions = new Map<string, TransactionRef[]>()
  readonly #tips: Tip[] = []
  #count = 0

  /** The newest block. */
  get tip(): Tip | undefined {
    return this.#tips.at(-1)
  }

  /** The chain as masterchain block `seqno` left it, if that is recent. */
  tipAt(seqno: number): Tip | undefined {
    return this.#tips.find(({ master }) => master.seqno === seqno)
  }

  bodyOf(seqno: number): Bytes | undefined {
    return this.#bodies[seqno]
  }

  /** The masterchain block that first named a shard block. */
  masterOfShard(shardSeqno: number): number | undefined {
    return this.#shards[shardSeqno]
  }

  /** All of an account's transactions, oldest first. */
  transactionsOf(key: Uint8Array): readonly TransactionRef[] {
    return this.#transactions.get(hex(key)) ?? []
  }

  get transactionCount(): number {
    return this.#count
  }

  /** Takes in a block that is on disk, its body being at `body`, with the chain as it left it. */
  apply(record: BlockRecord, body: Bytes, tip: Tip): void {
    this.index(record, body)
    this.push(tip)
  }

  push(tip: Tip): void {
    this.#tips.push(tip)
    if (this.#tips.length > MOST_TIPS) this.#tips.shift()
  }

  /** Of a block only where it is and what it has. */
  index(record: BlockRecord, body: Bytes): void {
    const { seqno } = record.master
    const places = placesOf(record)
    this.#bodies[seqno] = body
    if (record.shard !== undefined) this.#shards[record.shard.seqno] = seqno
    record.transactions.forEach(({ account, lt }, index) => {
      const at = placeIn(body, places.transactions[index])
      const known = this.#transactions.get(account)
      const ref = { lt: BigInt(lt), seqno, at }
      if (known === undefined) this.#transactions.set(account, [ref])
      else known.push(ref)
    })
    this.#count += record.transactions.length
  }
}

/** The accounts after a block. */
export function applyAccounts(accounts: Accounts | undefined, record: BlockRecord, body: Bytes): Accounts | undefined {
  const places = placesOf(record).accounts
  return record.accounts.reduce<Accounts | undefined>((root, account, index) => {
    if ('deleted' in account) return removeAccount(root, Buffer.from(account.key, 'hex'))
    return setAccount(root, readEntry(account, placeIn(body, places[index])))
  }, accounts)
}

export function readEntry(account: AccountRecord, at: Bytes): AccountEntry {
  return {
    key: Buffer.from(account.key, 'hex'),
    account: { hash: Buffer.from(account.hash, 'hex'), depth: account.depth },
    lastTransaction: { hash: Buffer.from(account.lastHash, 'hex'), lt: BigInt(account.lastLt) },
    balance: BigInt(account.balance),
    at
  }
}

/** The tip that a block leaves, given the one before. */
export function nextTip(
  before: Tip | undefined,
  record: BlockRecord,
  accounts: Accounts | undefined,
  pending: readonly Cell[]
): Tip {
  const { master, shard } = record
  const masterTop: MasterTop = {
    ...refOf(master),
    startLt: BigInt(master.startLt),
    genUtime: master.genUtime,
    stateHash: Buffer.from(master.stateHash, 'hex')
  }
  if (shard === undefined) {
    if (before === undefined) throw new TypeError('the first block names a shard')
    return { ...before, master: masterTop }
  }
  const { genUtime, seqno: regMcSeqno } = master
  const shardTop = { ...refOf(shard), startLt: BigInt(shard.startLt), genUtime, regMcSeqno }
  return { master: masterTop, shard: shardTop, shardMaster: before?.master, accounts, pending }
}

function refOf({ seqno, rootHash, fileHash, endLt }: BlockRecord['master'] | NonNullable<BlockRecord['shard']>) {
  return {
    seqno,
    endLt: BigInt(endLt),
    rootHash: Buffer.from(rootHash, 'hex'),
    fileHash: Buffer.from(fileHash, 'hex')
  }
}

export function placeIn(body: Bytes, place: Place | undefined): Bytes {
  return { position: body.position + (place?.offset ?? 0), length: place?.length ?? 0 }
}

/** Messages to deliver, out of a body. */
export function readPending(record: BlockRecord, body: Buffer): readonly Cell[] {
  return placesOf(record).pending.flatMap(({ offset, length }) => Cell.fromBoc(body.subarray(offset, offset + length)))
}

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex')
