import { type Kysely, sql, type Transaction } from 'kysely'
import { equalBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { Database } from '../runtime/database.ts'
import type { ProvenStatement } from './usage.ts'

type MarketTables = {
  usage_keysets: { digest: Uint8Array; keyset: Uint8Array }
  usage_epochs: { epoch: Uint8Array; stored_up_to: bigint }
  usage_statements: StatementRow
}

interface StatementRow {
  epoch: Uint8Array
  seq: bigint
  keyset_digest: Uint8Array
  session_id: Uint8Array
  n: bigint
  tenant: Uint8Array
  model: string
  finish: string
  prompt_tokens: bigint
  cached_tokens: bigint
  completion_tokens: bigint
  reasoning_tokens: bigint
  duration_ms: bigint
  price: bigint
  statement: Uint8Array
  stored_at: Date
}

/** All statements of the epoch up to this one are stored. */
export interface EpochProgress {
  readonly epoch: Uint8Array
  readonly storedUpTo: bigint
}

export interface StoredUsage {
  readonly progress: readonly EpochProgress[]
  /** Indexes of statements whose place holds another statement. */
  readonly conflicts: readonly number[]
}

export interface MarketStore {
  /** Stores each statement once; one that is stored already is as good as new. One transaction. */
  storeStatements(statements: readonly ProvenStatement[], now: Date): Promise<StoredUsage>
}

export function createMarketStore(database: Database): MarketStore {
  const db = database.sql.withTables<MarketTables>()
  return {
    async storeStatements(statements, now) {
      if (statements.length === 0) return { progress: [], conflicts: [] }
      return db.transaction().execute((tx) => storeStatements(tx, statements, now))
    }
  }
}

type Sql = Kysely<MarketTables> | Transaction<MarketTables>

async function storeStatements(
  tx: Transaction<MarketTables>,
  statements: readonly ProvenStatement[],
  now: Date
): Promise<StoredUsage> {
  await insertKeysets(tx, statements)
  const epochs = await lockEpochs(tx, statements)
  const inserted = await insertStatements(tx, statements, now)
  const conflicts = await findConflicts(tx, statements, inserted)
  const progress: EpochProgress[] = []
  for (const epoch of epochs) progress.push(await advance(tx, epoch))
  return { progress, conflicts }
}

async function insertKeysets(db: Sql, statements: readonly ProvenStatement[]): Promise<void> {
  const keysets = new Map(statements.map(({ keyset }) => [encodeHex(keyset.digest), keyset]))
  await db
    .insertInto('usage_keysets')
    .values(sortedByKey(keysets).map(({ digest, bytes }) => ({ digest, keyset: bytes })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

// In one order everywhere, so that deliveries with the same epochs wait for each other and do not lock each other out.
async function lockEpochs(db: Sql, statements: readonly ProvenStatement[]): Promise<readonly EpochProgress[]> {
  const epochs = sortedByKey(new Map(statements.map(({ usage }) => [encodeHex(usage.epoch), usage.epoch])))
  await db
    .insertInto('usage_epochs')
    .values(epochs.map((epoch) => ({ epoch, stored_up_to: 0n })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const query = db.selectFrom('usage_epochs').selectAll().where('epoch', 'in', epochs).orderBy('epoch').forUpdate()
  return (await query.execute()).map((row) => ({ epoch: row.epoch, storedUpTo: row.stored_up_to }))
}

/** The places that were empty. */
async function insertStatements(
  db: Sql,
  statements: readonly ProvenStatement[],
  now: Date
): Promise<ReadonlySet<string>> {
  const rows = await db
    .insertInto('usage_statements')
    .values(statements.map((statement) => statementToRow(statement, now)))
    .onConflict((conflict) => conflict.columns(['epoch', 'seq']).doNothing())
    .returning(['epoch', 'seq'])
    .execute()
  return new Set(rows.map(({ epoch, seq }) => placeOf(epoch, seq)))
}

async function findConflicts(
  db: Sql,
  statements: readonly ProvenStatement[],
  inserted: ReadonlySet<string>
): Promise<readonly number[]> {
  // A place that this delivery filled may still be named twice in it.
  const named = new Set<string>()
  const doubtful = statements.filter(({ usage }) => {
    const place = placeOf(usage.epoch, usage.seq)
    const again = named.has(place)
    named.add(place)
    return again || !inserted.has(place)
  })
  if (doubtful.length === 0) return []
  const stored = await readStatements(db, doubtful)
  const conflicts = statements.filter(({ usage }) => {
    const bytes = stored.get(placeOf(usage.epoch, usage.seq))
    return bytes !== undefined && !equalBytes(bytes, usage.bytes)
  })
  return conflicts.map(({ index }) => index)
}

async function readStatements(
  db: Sql,
  statements: readonly ProvenStatement[]
): Promise<ReadonlyMap<string, Uint8Array>> {
  const epochs = statements.map(({ usage }) => usage.epoch)
  const seqs = statements.map(({ usage }) => String(usage.seq))
  const { rows } = await sql<Pick<StatementRow, 'epoch' | 'seq' | 'statement'>>`
    select epoch, seq, statement from usage_statements
    join unnest(${epochs}::bytea[], ${seqs}::bigint[]) as wanted (epoch, seq) using (epoch, seq)`.execute(db)
  return new Map(rows.map(({ epoch, seq, statement }) => [placeOf(epoch, seq), statement]))
}

/** Moves an epoch's progress over the statements that now follow it without a gap. */
async function advance(db: Sql, { epoch, storedUpTo }: EpochProgress): Promise<EpochProgress> {
  const { rows } = await sql<{ up_to: bigint | null }>`
    select max(seq) as up_to from (
      select seq, row_number() over (order by seq) as place
      from usage_statements where epoch = ${epoch} and seq > ${storedUpTo}
    ) as after where seq = ${storedUpTo} + place`.execute(db)
  const reached = rows[0]?.up_to ?? storedUpTo
  if (reached > storedUpTo) {
    await db.updateTable('usage_epochs').set({ stored_up_to: reached }).where('epoch', '=', epoch).execute()
  }
  return { epoch, storedUpTo: reached }
}

function statementToRow({ usage }: ProvenStatement, now: Date): StatementRow {
  return {
    epoch: usage.epoch,
    seq: BigInt(usage.seq),
    keyset_digest: usage.keysetDigest,
    session_id: usage.sessionId,
    n: BigInt(usage.n),
    tenant: usage.tenant,
    model: usage.model,
    finish: usage.finish,
    prompt_tokens: BigInt(usage.counts.prompt),
    cached_tokens: BigInt(usage.counts.cached),
    completion_tokens: BigInt(usage.counts.completion),
    reasoning_tokens: BigInt(usage.counts.reasoning),
    duration_ms: BigInt(usage.durationMs),
    price: usage.price,
    statement: usage.bytes,
    stored_at: now
  }
}

function placeOf(epoch: Uint8Array, seq: bigint | number): string {
  return `${encodeHex(epoch)}/${seq}`
}

function sortedByKey<Value>(values: ReadonlyMap<string, Value>): Value[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
