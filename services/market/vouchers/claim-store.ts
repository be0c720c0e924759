import { type QueryExecutorProvider, sql } from 'kysely'
import type { Database } from '../../runtime/database.ts'
import { checkFence, type Lease } from '../../runtime/lease.ts'
import type { Outcome, SignedClaim } from './claim-plan.ts'

/** What was signed to be sent, a row a claim; at most one of a wallet is open. */
export interface ClaimStore {
  readOpenClaim(wallet: string): Promise<SignedClaim | undefined>
  /** Before it is sent. Refuses with LEASE_LOST. */
  insertClaim(lease: Lease, wallet: string, claim: SignedClaim, now: Date): Promise<void>
  settleClaim(lease: Lease, wallet: string, outcome: Outcome, now: Date): Promise<void>
}

export function createClaimStore({ sql: db }: Database): ClaimStore {
  const fenced = (lease: Lease, work: (tx: QueryExecutorProvider) => Promise<unknown>): Promise<void> =>
    db.transaction().execute(async (tx) => {
      await checkFence(tx, lease)
      await work(tx)
    })
  return {
    readOpenClaim: (wallet) => readOpenClaim(db, wallet),
    insertClaim: (lease, wallet, claim, now) => fenced(lease, (tx) => insertClaim(tx, wallet, claim, now)),
    settleClaim: (lease, wallet, outcome, now) => fenced(lease, (tx) => settleClaim(tx, wallet, outcome, now))
  }
}

interface ClaimRow extends Pick<SignedClaim, 'kind'> {
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
  readonly cumulative: bigint
  readonly seqno: bigint
  readonly valid_until: bigint
  readonly message: Uint8Array
  readonly message_hash: Uint8Array
  readonly since_lt: bigint
}

async function readOpenClaim(db: QueryExecutorProvider, wallet: string): Promise<SignedClaim | undefined> {
  const { rows } = await sql<ClaimRow>`
    select kind, escrow, payee, cumulative, seqno, valid_until, message, message_hash, since_lt from claims
    where wallet = ${wallet} and state = 'open'`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  const { seqno, valid_until: validUntil, message_hash: messageHash, since_lt: sinceLt, ...same } = row
  return { ...same, seqno: Number(seqno), validUntil: Number(validUntil), messageHash, sinceLt }
}

async function insertClaim(tx: QueryExecutorProvider, wallet: string, claim: SignedClaim, now: Date): Promise<void> {
  const { kind, escrow, payee, cumulative, seqno, validUntil, message, messageHash, sinceLt } = claim
  await sql`
    insert into claims (wallet, kind, escrow, payee, cumulative, seqno, valid_until, message, message_hash, since_lt,
      state, signed_at)
    values (${wallet}, ${kind}, ${escrow}, ${payee}, ${cumulative}, ${seqno}, ${validUntil}, ${message}, ${messageHash},
      ${sinceLt}, 'open', ${now})`.execute(tx)
}

async function settleClaim(tx: QueryExecutorProvider, wallet: string, outcome: Outcome, now: Date): Promise<void> {
  const [lt, hash] =
    outcome.transaction === undefined ? [null, null] : [outcome.transaction.lt, outcome.transaction.hash]
  await sql`
    update claims set state = ${outcome.state}, transaction_lt = ${lt}, transaction_hash = ${hash}, settled_at = ${now}
    where wallet = ${wallet} and state = 'open'`.execute(tx)
}
