import { type QueryExecutorProvider, sql } from 'kysely'
import { encodeHex } from '../../attestation/encoding.ts'
import { encodeEntryBundle, parseEntryBundle } from '../../attestation/tlog/tile.ts'
import { TILE_WIDTH } from '../../attestation/tlog/tile-path.ts'
import type { Database } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import { type Checked, checkRepeated, type LogEntry, planIntake } from './intake.ts'

/** Told when entries wait for the sequencer; no payload. */
export const WAITING_CHANNEL = 'bombyx_log_waiting'

export interface StoredCheckpoint {
  readonly size: bigint
  readonly root: Uint8Array
  /** The signed note. */
  readonly note: Uint8Array
  readonly signedAt: Date
}

/** What every replica asks: intake, and reading what is published. */
export interface LogStore {
  /** Takes what is new of a call, in one transaction. Refuses `LOG_BLOB_MISSING`, `LOG_SEQUENCE_GAP`, `LOG_SEQUENCE_CONFLICT`. */
  takeEntries(writer: string, checked: Checked): Promise<void>
  /** The index of each sequence from `first` to `last`; undefined while one of them has none. */
  findIndices(writer: string, first: bigint, last: bigint): Promise<readonly bigint[] | undefined>
  /** The newest one that at least so many witnesses have cosigned. */
  newestCheckpoint(minimumWitnesses: number): Promise<StoredCheckpoint | undefined>
  /** The hashes of stored tiles, full or partial, by `level/index`. */
  readTiles(tiles: readonly TilePlace[]): Promise<ReadonlyMap<string, Uint8Array>>
  /** The leaves with an index from `first` on, `count` of them at most. */
  readEntries(first: bigint, count: number): Promise<readonly Uint8Array[]>
  /** Where leaves with this hash may be: a prefix of it decides. */
  findLeaves(leafHash: Uint8Array): Promise<readonly bigint[]>
  findBlob(digest: Uint8Array): Promise<Uint8Array | undefined>
}

export interface TilePlace {
  readonly level: number
  readonly index: bigint
}

export interface BatchRow {
  readonly first_sequence: bigint
  readonly count: number
  readonly entries: Uint8Array
}

export function createLogStore({ sql: db }: Database): LogStore {
  return {
    takeEntries: (writer, checked) => db.transaction().execute((tx) => takeEntries(tx, writer, checked)),
    findIndices: (writer, first, last) => findIndices(db, { writer, first, last }),
    async newestCheckpoint(minimumWitnesses) {
      const { rows } = await sql<StoredCheckpoint>`
        select size, root, note, signed_at as "signedAt" from log_checkpoints
        where witnesses >= ${minimumWitnesses} order by size desc limit 1`.execute(db)
      return rows[0]
    },
    readTiles: (tiles) => readTiles(db, tiles),
    readEntries: (first, count) => readEntries(db, first, count),
    async findLeaves(leafHash) {
      const { rows } = await sql<{ index: bigint }>`
        select index from log_leaves where hash_prefix = ${hashPrefix(leafHash)} order by index limit 64`.execute(db)
      return rows.map(({ index }) => index)
    },
    async findBlob(digest) {
      const { rows } = await sql<{ content: Uint8Array }>`
        select content from log_blobs where digest = ${digest}`.execute(db)
      return rows[0]?.content
    }
  }
}

/** The first 4 bytes, as PostgreSQL's signed integer: few leaves share them, and the index stays small. */
export function hashPrefix([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number {
  return (a << 24) | (b << 16) | (c << 8) | d
}

type Sql = QueryExecutorProvider

async function takeEntries(tx: Sql, writer: string, { entries, blobs, wanted }: Checked): Promise<void> {
  for (const { digest, content } of blobs) {
    await sql`insert into log_blobs (digest, content) values (${digest}, ${content}) on conflict do nothing`.execute(tx)
  }
  if (entries.length === 0) return
  await requireBlobs(tx, wanted)
  const { repeated, fresh } = planIntake(entries, await lockWriter(tx, writer))
  if (repeated.length > 0) checkRepeated(repeated, await readTaken(tx, writer, repeated))
  if (fresh.length === 0) return
  for (let at = 0; at < fresh.length; at += TILE_WIDTH) await insertBatch(tx, writer, fresh.slice(at, at + TILE_WIDTH))
  await sql`update log_writers set sequence = sequence + ${fresh.length} where writer = ${writer}`.execute(tx)
  await sql`select pg_notify(${WAITING_CHANNEL}, '')`.execute(tx)
}

async function requireBlobs(tx: Sql, digests: readonly Uint8Array[]): Promise<void> {
  if (digests.length === 0) return
  const { rows } = await sql<{ digest: Uint8Array }>`
    select digest from unnest(${digests}::bytea[]) as wanted (digest)
    where not exists (select from log_blobs where log_blobs.digest = wanted.digest) limit 1`.execute(tx)
  const missing = rows[0]
  if (missing === undefined) return
  throw new ServiceError('LOG_BLOB_MISSING', `a leaf names ${encodeHex(missing.digest)}, which the log does not hold`)
}

/** The writer's last sequence; its row is ours until the transaction ends, so that its entries stay in order. */
async function lockWriter(tx: Sql, writer: string): Promise<bigint> {
  await sql`insert into log_writers (writer, sequence) values (${writer}, 0) on conflict do nothing`.execute(tx)
  const { rows } = await sql<{ sequence: bigint }>`
    select sequence from log_writers where writer = ${writer} for update`.execute(tx)
  return rows[0]?.sequence ?? 0n
}

async function insertBatch(tx: Sql, writer: string, batch: readonly LogEntry[]): Promise<void> {
  const entries = encodeEntryBundle(batch.map(({ leaf }) => leaf))
  await sql`
    insert into log_batches (writer, first_sequence, count, entries)
    values (${writer}, ${batch[0]?.sequence}, ${batch.length}, ${entries})`.execute(tx)
}

async function readTaken(
  tx: Sql,
  writer: string,
  repeated: readonly LogEntry[]
): Promise<ReadonlyMap<bigint, Uint8Array>> {
  const [first, last] = [repeated[0]?.sequence ?? 0n, repeated.at(-1)?.sequence ?? 0n]
  const { rows } = await sql<BatchRow>`
    select first_sequence, count, entries from log_batches
    where writer = ${writer} and first_sequence > ${first - BigInt(TILE_WIDTH)} and first_sequence <= ${last}`.execute(
    tx
  )
  return new Map(
    rows.flatMap(({ first_sequence, count, entries }) =>
      parseEntryBundle(entries, count).map((leaf, at) => [first_sequence + BigInt(at), leaf] as const)
    )
  )
}

interface Sequences {
  readonly writer: string
  readonly first: bigint
  readonly last: bigint
}

async function findIndices(db: Sql, { writer, first, last }: Sequences): Promise<readonly bigint[] | undefined> {
  const { rows } = await sql<{ first_sequence: bigint; count: number; first_index: bigint }>`
    select first_sequence, count, first_index from log_batches
    where writer = ${writer} and first_sequence > ${first - BigInt(TILE_WIDTH)} and first_sequence <= ${last}
      and first_index is not null order by first_sequence`.execute(db)
  const placed = rows.flatMap(({ first_sequence, count, first_index }) =>
    Array.from({ length: count }, (_, at) => [first_sequence + BigInt(at), first_index + BigInt(at)] as const)
  )
  const indices = placed.filter(([sequence]) => sequence >= first && sequence <= last).map(([, index]) => index)
  return indices.length === Number(last - first + 1n) ? indices : undefined
}

async function readTiles(db: Sql, tiles: readonly TilePlace[]): Promise<ReadonlyMap<string, Uint8Array>> {
  if (tiles.length === 0) return new Map()
  const [levels, indices] = [tiles.map(({ level }) => level), tiles.map(({ index }) => String(index))]
  const { rows } = await sql<TilePlace & { hashes: Uint8Array }>`
    select level, index, hashes from log_tiles
    join unnest(${levels}::integer[], ${indices}::bigint[]) as wanted (level, index) using (level, index)`.execute(db)
  return new Map(rows.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]))
}

async function readEntries(db: Sql, first: bigint, count: number): Promise<readonly Uint8Array[]> {
  const end = first + BigInt(count)
  const { rows } = await sql<{ first_index: bigint; count: number; entries: Uint8Array }>`
    select first_index, count, entries from log_batches
    where first_index > ${first - BigInt(TILE_WIDTH)} and first_index < ${end} order by first_index`.execute(db)
  return rows.flatMap((row) => {
    const leaves = parseEntryBundle(row.entries, row.count)
    const from = first > row.first_index ? Number(first - row.first_index) : 0
    return leaves.slice(from, Math.max(from, Math.min(row.count, Number(end - row.first_index))))
  })
}
