import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Database, Tables } from '../../runtime/database.ts'
import { checkFence, type Lease } from '../../runtime/lease.ts'
import { type Acknowledged, writeOutbox } from '../../runtime/outbox.ts'

/** The name that the log knows the market's token by. */
export const WRITER = 'market'

/** A stored statement that no period has yet. */
export interface StatementPlace {
  readonly epoch: Uint8Array
  readonly seq: bigint
  readonly statement: Uint8Array
  readonly storedAt: Date
}

export interface FoundPeriod {
  readonly id: bigint
  readonly leaf: Uint8Array
  readonly place: number
  readonly logIndex: bigint | undefined
}

export interface PeriodStore {
  /**
   * Puts statements that follow one another without a gap in their epochs into a period, and its leaf into the outbox, in one
   * transaction: of those at hand the first, as many as `closing` gives hashes of. Returns how many there were; of none, no period
   * is made.
   */
  close(
    lease: Lease,
    most: number,
    closing: (places: readonly StatementPlace[]) => {
      readonly leaf: Uint8Array
      readonly hashes: readonly Uint8Array[]
    }
  ): Promise<number>
  findPeriod(statementHash: Uint8Array): Promise<FoundPeriod | undefined>
  /** RFC 6962's, of the statements in their order in the period. */
  readLeafHashes(periodId: bigint): Promise<readonly Uint8Array[]>
}

export function createPeriodStore({ sql: db }: Database): PeriodStore {
  return {
    close: (lease, most, closing) =>
      db.transaction().execute(async (tx) => {
        await checkFence(tx, lease)
        const places = await readOpen(tx, most)
        if (places.length === 0) return 0
        const { leaf, hashes } = closing(places)
        await insertPeriod(tx, leaf, places.slice(0, hashes.length), hashes)
        return hashes.length
      }),
    async findPeriod(statementHash) {
      const { rows } = await sql<{ id: bigint; leaf: Uint8Array; place: bigint; log_index: bigint | null }>`
        select id, leaf, place, log_index from usage_period_statements
        join usage_periods on id = period_id where statement_hash = ${statementHash}`.execute(db)
      const [row] = rows
      if (row === undefined) return undefined
      return { id: row.id, leaf: row.leaf, place: Number(row.place), logIndex: row.log_index ?? undefined }
    },
    async readLeafHashes(periodId) {
      const { rows } = await sql<{ hash: Uint8Array }>`
        select sha256('\\x00'::bytea || statement) as hash from usage_period_statements join usage_statements using (epoch, seq)
        where period_id = ${periodId} order by place`.execute(db)
      return rows.map(({ hash }) => hash)
    }
  }
}

/** The log has these leaves in a signed checkpoint. */
export async function savePeriodIndices(tx: Transaction<Tables>, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const { sequence, index } of acknowledged) {
    await sql`update usage_periods set log_index = ${index} where log_sequence = ${sequence}`.execute(tx)
  }
}

// What came before a gap alone: its order is then one that nothing which arrives later can change. Of keysets that the registry
// never listed nothing is told: nobody is charged for it.
async function readOpen(tx: Transaction<Tables>, most: number): Promise<readonly StatementPlace[]> {
  const { rows } = await sql<StatementPlace>`
    select usage.epoch, usage.seq, usage.statement, usage.stored_at as "storedAt"
    from usage_epochs as epochs join usage_statements as usage using (epoch)
    join listed_keysets as listed on listed.digest = usage.keyset_digest
    where epochs.stored_up_to > epochs.closed_up_to
      and usage.seq > epochs.closed_up_to and usage.seq <= epochs.stored_up_to
    order by usage.epoch, usage.seq limit ${most}`.execute(tx)
  return rows
}

async function insertPeriod(
  tx: Transaction<Tables>,
  leaf: Uint8Array,
  places: readonly StatementPlace[],
  hashes: readonly Uint8Array[]
): Promise<void> {
  const { rows } = await sql<{ id: bigint }>`insert into usage_periods (leaf) values (${leaf}) returning id`.execute(tx)
  const id = rows[0]?.id
  await sql`
    insert into usage_period_statements (period_id, place, statement_hash, epoch, seq)
    select ${id}::bigint, place - 1, hash, epoch, seq from unnest(
      ${hashes}::bytea[], ${places.map(({ epoch }) => epoch)}::bytea[],
      ${places.map(({ seq }) => String(seq))}::bigint[]
    ) with ordinality as placed (hash, epoch, seq, place)`.execute(tx)
  // In the order of deliveries, which lock them too.
  await sql`
    select from usage_epochs where epoch = any(${places.map(({ epoch }) => epoch)}::bytea[]) order by epoch for update
    `.execute(tx)
  await sql`
    update usage_epochs set closed_up_to = last from (
      select epoch, max(seq) as last from usage_period_statements where period_id = ${id} group by epoch
    ) as closed where usage_epochs.epoch = closed.epoch`.execute(tx)
  const sequence = await writeOutbox(tx, WRITER, { leaf, blobs: [] })
  await sql`update usage_periods set log_sequence = ${sequence} where id = ${id}`.execute(tx)
}
