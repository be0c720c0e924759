import { ContractError } from '../errors.ts'

/*
 * The body of a journal entry is one masterchain block with all that it brought: BoCs one after the other, then a JSON
 * object that says what they are, then its length as u32. The BoCs come first so that their places are known before the
 * block that names the accounts' new state is made.
 */

/** Hashes are in hex, logical times and amounts in decimal digits. */
export interface BlockRecord {
  readonly master: MasterRecord
  /** Absent: the masterchain block is empty and names the same shard block as the one before. */
  readonly shard?: ShardRecord
  readonly accounts: readonly (AccountRecord | DeletedRecord)[]
  readonly transactions: readonly TransactionRecord[]
  /** BoCs of internal messages that are still to be delivered, by length. */
  readonly pending: readonly number[]
}

export interface MasterRecord {
  readonly seqno: number
  readonly rootHash: string
  readonly fileHash: string
  readonly stateHash: string
  readonly genUtime: number
  readonly startLt: string
  readonly endLt: string
  readonly size: number
}

export interface ShardRecord {
  readonly seqno: number
  readonly rootHash: string
  readonly fileHash: string
  readonly startLt: string
  readonly endLt: string
  readonly size: number
}

export interface AccountRecord {
  readonly key: string
  readonly hash: string
  readonly depth: number
  readonly lastHash: string
  readonly lastLt: string
  readonly balance: string
  readonly size: number
}

export interface DeletedRecord {
  readonly key: string
  readonly deleted: true
}

export interface TransactionRecord {
  readonly account: string
  readonly lt: string
  readonly hash: string
  readonly size: number
}

/** Where a BoC is within a body. */
export interface Place {
  readonly offset: number
  readonly length: number
}

/** Places of a record's BoCs, in their order: accounts, transactions, messages to deliver, shard block, masterchain block. */
export interface RecordPlaces {
  readonly accounts: readonly Place[]
  readonly transactions: readonly Place[]
  readonly pending: readonly Place[]
  readonly shard: Place | undefined
  readonly master: Place
}

export function encodeRecord(record: BlockRecord, bocs: readonly Buffer[]): Buffer {
  const json = Buffer.from(JSON.stringify(record))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  return Buffer.concat([...bocs, json, length])
}

/** Reads a body whose checksum was right. JOURNAL_FOREIGN: another version wrote it. */
export function parseRecord(body: Buffer): BlockRecord {
  try {
    const length = body.readUInt32BE(body.length - 4)
    const record: BlockRecord = JSON.parse(body.toString('utf8', body.length - 4 - length, body.length - 4))
    if (typeof record.master.seqno === 'number' && Array.isArray(record.pending)) return record
  } catch (cause) {
    throw new ContractError('JOURNAL_FOREIGN', 'an entry is not a block of this version', { cause })
  }
  throw new ContractError('JOURNAL_FOREIGN', 'an entry is not a block of this version')
}

export function placesOf(record: BlockRecord): RecordPlaces {
  let offset = 0
  const next = (length: number): Place => {
    const place = { offset, length }
    offset += length
    return place
  }
  return {
    accounts: record.accounts.map((account) => next('size' in account ? account.size : 0)),
    transactions: record.transactions.map(({ size }) => next(size)),
    pending: record.pending.map(next),
    shard: record.shard === undefined ? undefined : next(record.shard.size),
    master: next(record.master.size)
  }
}
