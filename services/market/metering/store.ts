import { type Kysely, type RawBuilder, sql } from 'kysely'
import { equalBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { UsageStatement } from '../../../attestation/receipt/usage.ts'
import type { Keyset } from '../../../attestation/session/keyset.ts'
import { type Database, prepared } from '../../runtime/database.ts'
import { addBilled, addServed, classed, countAlone, WHILE_COUNTING } from '../billing/totals.ts'
import type { ProvenStatement } from './delivery.ts'
import type { FoundStatement, ReceiptName } from './metering.ts'

type MarketTables = {
  usage_keysets: { digest: Uint8Array; keyset: Uint8Array }
}

type Sql = Kysely<MarketTables>

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
  /** Stores each statement once; one that is stored already is as good as new. */
  storeStatements(statements: readonly ProvenStatement[], now: Date): Promise<StoredUsage>
  /** What these hosts signed of these requests, with their keysets; a few of each, where a host signed more. */
  readAnswered(receipts: readonly ReceiptName[]): Promise<readonly FoundStatement[]>
}

export function createMarketStore(database: Database): MarketStore {
  const db = database.sql.withTables<MarketTables>()
  // A keyset signs for a day, and is stored with its first statement.
  const stored = new Set<string>()
  const sessions = new Set<string>()
  return {
    async storeStatements(statements, now) {
      if (statements.length === 0) return { progress: [], conflicts: [] }
      const keysets = new Map(statements.map(({ keyset }) => [encodeHex(keyset.digest), keyset]))
      const fresh = sortedByKey(keysets).filter(({ digest }) => !stored.has(encodeHex(digest)))
      const owned = sortedByKey(ownersOf(statements, sessions))
      const outcome = await storeDelivery(db, { statements, fresh, owned, now }).catch((error: unknown) => {
        // A database that was set back may have lost some: the next delivery offers them again.
        stored.clear()
        sessions.clear()
        throw error
      })
      remember(stored, keysets.keys(), MOST_KNOWN_KEYSETS)
      remember(
        sessions,
        owned.map(({ usage }) => sessionName(usage)),
        MOST_KNOWN_SESSIONS
      )
      return outcome
    },
    readAnswered: (receipts) => readAnswered(db, receipts)
  }
}

async function readAnswered(db: Sql, receipts: readonly ReceiptName[]): Promise<readonly FoundStatement[]> {
  const { rows } = await sql<FoundStatement>`
    select found.statement, keysets.keyset
    from unnest(
      ${receipts.map(({ sessionId }) => sessionId)}::bytea[], ${receipts.map(({ n }) => n)}::bigint[],
      ${receipts.map(({ keysetDigest }) => keysetDigest)}::bytea[]
    ) as wanted (session_id, n, digest)
    join usage_keysets as keysets using (digest)
    cross join lateral (
      select statement from usage_statements as usage
      where usage.session_id = wanted.session_id and usage.n = wanted.n and usage.keyset_digest = wanted.digest
      order by usage.epoch, usage.seq limit 4
    ) as found`.execute(db)
  return rows
}

const MOST_KNOWN_KEYSETS = 10_000
const MOST_KNOWN_SESSIONS = 100_000

function remember(known: Set<string>, names: Iterable<string>, most: number): void {
  if (known.size > most) known.clear()
  for (const name of names) known.add(name)
}

/** One statement a session and host whose key a relay names and that is not stored yet. */
function ownersOf(
  statements: readonly ProvenStatement[],
  known: ReadonlySet<string>
): ReadonlyMap<string, ProvenStatement> {
  const owned = statements.filter(({ keyId, usage }) => keyId !== undefined && !known.has(sessionName(usage)))
  return new Map(owned.map((statement) => [sessionName(statement.usage), statement]))
}

// With one host: what another signs under the same session is charged to nobody whom a relay has not named for it.
function sessionName({ sessionId, keysetDigest }: UsageStatement): string {
  return `${encodeHex(sessionId)}/${encodeHex(keysetDigest)}`
}

interface Delivery {
  readonly statements: readonly ProvenStatement[]
  /** Not stored yet, as far as this process knows. */
  readonly fresh: readonly Keyset[]
  /** One statement of each session whose key is to be stored. */
  readonly owned: readonly ProvenStatement[]
  readonly now: Date
}

/** A transaction, and another where statements are displaced: then what they count as is taken out while nobody else counts. */
async function storeDelivery(db: Sql, delivery: Delivery): Promise<StoredUsage> {
  const outcome = await db.transaction().execute((tx) => storeStatements(tx, delivery))
  const held = delivery.statements.filter(({ index }) => outcome.conflicts.includes(index))
  if (held.length === 0 || !(await isAnyDisplaced(db, held))) return outcome
  return db.transaction().execute(async (tx) => {
    await countAlone(tx)
    await displace(tx, held)
    return storeStatements(tx, delivery)
  })
}

async function storeStatements(tx: Sql, delivery: Delivery): Promise<StoredUsage> {
  const { statements, fresh } = delivery
  if (fresh.length > 0) await insertKeysets(tx, fresh)
  const epochs = await lockEpochs(tx, statements)
  const inserted = await insertStatements(tx, delivery)
  // Each filled a place of its own: there was nothing in the way.
  const conflicts = inserted === statements.length ? [] : await findConflicts(tx, statements)
  const progress: EpochProgress[] = []
  for (const epoch of epochs) progress.push(await advance(tx, epoch))
  return { progress, conflicts }
}

async function insertKeysets(db: Sql, keysets: readonly Keyset[]): Promise<void> {
  await db
    .insertInto('usage_keysets')
    .values(keysets.map(({ digest, bytes }) => ({ digest, keyset: bytes })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

// In one order everywhere, so that deliveries with the same epochs wait for each other and do not lock each other out.
async function lockEpochs(db: Sql, statements: readonly ProvenStatement[]): Promise<readonly EpochProgress[]> {
  const epochs = sortedByKey(new Map(statements.map(({ usage }) => [encodeHex(usage.epoch), usage.epoch])))
  const { rows } = await sql<{ epoch: Uint8Array; stored_up_to: bigint }>`${prepared('lock-epochs')}
    insert into usage_epochs (epoch, stored_up_to)
    select epoch, 0 from (select ${WHILE_COUNTING}) as counting, unnest(${epochs}::bytea[]) with ordinality as wanted (epoch, place)
    order by place on conflict (epoch) do update set epoch = excluded.epoch returning epoch, stored_up_to`.execute(db)
  return rows.map((row) => ({ epoch: row.epoch, storedUpTo: row.stored_up_to }))
}

/**
 * Fills the places that are empty, says how many, and counts them in. A session's first key stays: a relay lets no other use it. What
 * came of the session before is counted anew: its keyset is of one epoch, and nobody else has that. Columns go as arrays: one text for
 * deliveries of any length. Bytes go in one piece: in arrays each would be written and read as text.
 */
async function insertStatements(db: Sql, { statements, owned, now }: Delivery): Promise<number> {
  const column = <T>(read: (usage: UsageStatement) => T): readonly T[] => statements.map(({ usage }) => read(usage))
  const parts = statements.map(({ usage }) => [
    usage.epoch,
    usage.keysetDigest,
    usage.sessionId,
    usage.tenant,
    usage.bytes
  ])
  const lengths = column(({ bytes }) => 80 + bytes.length)
  const result = await sql<{ inserted: bigint }>`${prepared('insert-statements')}
    with named as (
      insert into usage_sessions (session_id, keyset_digest, key_id) select * from unnest(
        ${owned.map(({ usage }) => usage.sessionId)}::bytea[],
        ${owned.map(({ usage }) => usage.keysetDigest)}::bytea[], ${owned.map(({ keyId }) => keyId)}::bytea[]
      ) on conflict do nothing returning *
    ), inserted as (
      insert into usage_statements (
        epoch, keyset_digest, session_id, tenant, statement, seq, n, model, finish,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, duration_ms, price, stored_at
      ) select substring(bytes, start, 16), substring(bytes, start + 16, 32), substring(bytes, start + 48, 16),
        substring(bytes, start + 64, 16), substring(bytes, start + 80, length - 80), seq, n, model, finish,
        prompt, cached, completion, reasoning, duration_ms, price, ${now}::timestamptz
      from (select ${Buffer.concat(parts.flat())}::bytea as bytes) as packed, unnest(
        ${startsOf(lengths)}::int[], ${lengths}::int[], ${column(({ seq }) => seq)}::bigint[],
        ${column(({ n }) => n)}::bigint[], ${column(({ model }) => model)}::text[],
        ${column(({ finish }) => finish)}::text[],
        ${column(({ counts }) => counts.prompt)}::bigint[], ${column(({ counts }) => counts.cached)}::bigint[],
        ${column(({ counts }) => counts.completion)}::bigint[], ${column(({ counts }) => counts.reasoning)}::bigint[],
        ${column(({ durationMs }) => durationMs)}::bigint[], ${column(({ price }) => String(price))}::bigint[]
      ) as given (start, length, seq, n, model, finish, prompt, cached, completion, reasoning, duration_ms, price)
      on conflict (epoch, seq) do nothing returning *
    ), ${COUNTED_IN} select count(*) as inserted from inserted`.execute(db)
  return Number(result.rows[0]?.inserted ?? 0)
}

/** Where pieces begin that stand one behind the other, counted from 1 as SQL does. */
function startsOf(lengths: readonly number[]): readonly number[] {
  let next = 1
  return lengths.map((length) => {
    next += length
    return next - length
  })
}

// What the statement itself writes it does not see: `named` stands beside the sessions that were there.
const COUNTED_IN: RawBuilder<unknown> = sql`
  counted as (${classed(
    sql`(
      select inserted.*, coalesce(session.key_id, named.key_id) as key_id, 1 as times from inserted
      left join usage_sessions as session using (session_id, keyset_digest)
      left join named using (session_id, keyset_digest)
      union all
      select earlier.*, moved.key_id, moved.times
      from named join usage_statements as earlier using (session_id, keyset_digest)
      cross join lateral (values (null::bytea, -1), (named.key_id, 1)) as moved (key_id, times)
    ) as usage`,
    { keyId: sql`usage.key_id`, times: sql`usage.times` }
  )}), billed as (${addBilled(sql`counted`)}), served as (${addServed(sql`counted`)})`

/**
 * What stands in these statements' places and makes room for them: a keyset that the registry never listed proves nothing, whatever
 * epoch it names.
 */
function displaced(held: readonly ProvenStatement[]): RawBuilder<unknown> {
  return sql`
    select stored.epoch, stored.seq from usage_statements as stored join unnest(
      ${held.map(({ usage }) => usage.epoch)}::bytea[], ${held.map(({ usage }) => String(usage.seq))}::bigint[],
      ${held.map(({ usage }) => usage.keysetDigest)}::bytea[]
    ) as wanted (epoch, seq, keyset_digest) using (epoch, seq)
    where not exists (select from listed_keysets where digest = stored.keyset_digest)
      and exists (select from listed_keysets where digest = wanted.keyset_digest)`
}

async function isAnyDisplaced(db: Sql, held: readonly ProvenStatement[]): Promise<boolean> {
  return (await sql`${displaced(held)} limit 1`.execute(db)).rows.length > 0
}

async function displace(tx: Sql, held: readonly ProvenStatement[]): Promise<void> {
  await sql`
    with deleted as (
      delete from usage_statements where (epoch, seq) in (${displaced(held)}) returning *
    ), counted as (
      ${classed(sql`deleted as usage left join usage_sessions as session using (session_id, keyset_digest)`, {
        keyId: sql`session.key_id`,
        times: sql`-1`
      })}
    ) ${addBilled(sql`counted`)}`.execute(tx)
}

/** Indexes of statements whose place holds other bytes. */
async function findConflicts(db: Sql, statements: readonly ProvenStatement[]): Promise<readonly number[]> {
  const stored = await readStatements(db, statements)
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
  const { rows } = await sql<{ epoch: Uint8Array; seq: bigint; statement: Uint8Array }>`
    select epoch, seq, statement from usage_statements
    join unnest(${epochs}::bytea[], ${seqs}::bigint[]) as wanted (epoch, seq) using (epoch, seq)`.execute(db)
  return new Map(rows.map(({ epoch, seq, statement }) => [placeOf(epoch, seq), statement]))
}

/** Moves an epoch's progress over the statements that now follow it without a gap, so many at a time: more may stand behind a gap. */
async function advance(db: Sql, { epoch, storedUpTo }: EpochProgress): Promise<EpochProgress> {
  const { rows } = await sql<{ stored_up_to: bigint }>`${prepared('advance-epoch')}
    update usage_epochs set stored_up_to = reached.up_to from (
      select max(seq) as up_to from (
        select seq, row_number() over (order by seq) as place from (
          select seq from usage_statements where epoch = ${epoch} and seq > ${storedUpTo} order by seq limit ${STRIDE}
        ) as next
      ) as after where seq = ${storedUpTo} + place
    ) as reached where epoch = ${epoch} and reached.up_to is not null returning stored_up_to`.execute(db)
  const reached = { epoch, storedUpTo: rows[0]?.stored_up_to ?? storedUpTo }
  return reached.storedUpTo - storedUpTo < STRIDE ? reached : advance(db, reached)
}

/** A delivery moves an epoch's progress by its own statements, unless it fills a gap. */
const STRIDE = 2048n

function placeOf(epoch: Uint8Array, seq: bigint | number): string {
  return `${encodeHex(epoch)}/${seq}`
}

function sortedByKey<Value>(values: ReadonlyMap<string, Value>): Value[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
