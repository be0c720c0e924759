import { type QueryExecutorProvider, sql } from 'kysely'
import type { Database } from '../../runtime/database.ts'
import { checkFence, type Lease } from '../../runtime/lease.ts'

/** A signed order, from before it is first sent. */
export interface AnchorMessage {
  readonly seqno: number
  readonly size: bigint
  readonly root: Uint8Array
  /** Unix seconds. */
  readonly timestamp: number
  readonly validUntil: number
  /** BoC of the external message. */
  readonly message: Uint8Array
  /** Normalised (TEP-467). */
  readonly messageHash: Uint8Array
  /** The account's last transaction when it was signed; its own is later. */
  readonly sinceLt: bigint
}

/** What became of a message. */
export type Outcome =
  | { readonly state: 'anchored' | 'refused'; readonly lt: bigint; readonly hash: Uint8Array }
  | { readonly state: 'lapsed' | 'superseded' }

export interface Settled extends AnchorMessage {
  readonly transactionLt: bigint
  readonly transactionHash: Uint8Array
}

export interface AnchorStore {
  readOpen(address: string): Promise<AnchorMessage | undefined>
  /** Before it is sent. At most one a contract is open. */
  insert(lease: Lease, address: string, message: AnchorMessage, now: Date): Promise<void>
  settle(lease: Lease, address: string, outcome: Outcome, now: Date): Promise<void>
  /** The last one that is known to be anchored. */
  newestAnchored(address: string): Promise<Settled | undefined>
}

export function createAnchorStore({ sql: db }: Database): AnchorStore {
  const fenced = (lease: Lease, work: (tx: QueryExecutorProvider) => Promise<unknown>): Promise<void> =>
    db.transaction().execute(async (tx) => {
      await checkFence(tx, lease)
      await work(tx)
    })
  return {
    async readOpen(address) {
      const { rows } = await sql<Row>`${COLUMNS} where address = ${address} and state = 'open'`.execute(db)
      return rows[0] === undefined ? undefined : messageOf(rows[0])
    },
    insert: (lease, address, message, now) => fenced(lease, (tx) => insert(tx, address, message, now)),
    settle: (lease, address, outcome, now) => fenced(lease, (tx) => settle(tx, address, outcome, now)),
    async newestAnchored(address) {
      const { rows } = await sql<Row>`
        ${COLUMNS} where address = ${address} and state = 'anchored' order by seqno desc limit 1`.execute(db)
      const [row] = rows
      if (row?.transaction_lt == null || row.transaction_hash === null) return undefined
      return { ...messageOf(row), transactionLt: row.transaction_lt, transactionHash: row.transaction_hash }
    }
  }
}

interface Row {
  readonly seqno: bigint
  readonly size: bigint
  readonly root: Uint8Array
  readonly timestamp: bigint
  readonly valid_until: bigint
  readonly message: Uint8Array
  readonly message_hash: Uint8Array
  readonly since_lt: bigint
  readonly transaction_lt: bigint | null
  readonly transaction_hash: Uint8Array | null
}

const COLUMNS = sql`
  select seqno, size, root, timestamp, valid_until, message, message_hash, since_lt, transaction_lt, transaction_hash
  from log_anchors`

function messageOf(row: Row): AnchorMessage {
  return {
    seqno: Number(row.seqno),
    size: row.size,
    root: row.root,
    timestamp: Number(row.timestamp),
    validUntil: Number(row.valid_until),
    message: row.message,
    messageHash: row.message_hash,
    sinceLt: row.since_lt
  }
}

async function insert(tx: QueryExecutorProvider, address: string, signed: AnchorMessage, now: Date): Promise<void> {
  const { seqno, size, root, timestamp, validUntil, message, messageHash, sinceLt } = signed
  await sql`
    insert into log_anchors
      (address, seqno, size, root, timestamp, valid_until, message, message_hash, since_lt, state, signed_at)
    values (${address}, ${seqno}, ${size}, ${root}, ${timestamp}, ${validUntil}, ${message}, ${messageHash}, ${sinceLt},
      'open', ${now})`.execute(tx)
}

async function settle(tx: QueryExecutorProvider, address: string, outcome: Outcome, now: Date): Promise<void> {
  const [lt, hash] = 'lt' in outcome ? [outcome.lt, outcome.hash] : [null, null]
  await sql`
    update log_anchors
    set state = ${outcome.state}, transaction_lt = ${lt}, transaction_hash = ${hash}, settled_at = ${now}
    where address = ${address} and state = 'open'`.execute(tx)
}
