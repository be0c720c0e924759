import { sql, type Transaction } from 'kysely'
import { equalBytes } from '../../attestation/crypto.ts'
import { compactRange } from '../../attestation/tlog/compact-range.ts'
import { HASH_BYTES } from '../../attestation/tlog/hash.ts'
import { type NodeId, rangeNodes } from '../../attestation/tlog/node-id.ts'
import { parseEntryBundle, parseTile, type Tile, tileHashReader, tilesOf } from '../../attestation/tlog/tile.ts'
import { tileLevels } from '../../attestation/tlog/tile-path.ts'
import type { Database, Tables } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import { checkFence, type Lease } from '../runtime/lease.ts'
import type { ChangedTile, TreeEdge } from './edge.ts'
import { hashPrefix, type LogStore } from './store.ts'

/** Told of the size of every checkpoint that is stored. */
export const HEAD_CHANNEL = 'bombyx_log_head'

/** At most this many leaves' bytes are integrated at once, and so are in memory. */
const MOST_BYTES = 8 * 1024 * 1024
const MOST_BATCHES = 16

export interface TreeIdentity {
  readonly origin: string
  readonly publicKey: Uint8Array
}

export interface StoredTree {
  readonly size: bigint
  readonly root: Uint8Array
}

/** Leaves that wait for their place, in the order in which they get it. */
export interface WaitingBatch {
  readonly id: bigint
  readonly leaves: readonly Uint8Array[]
}

export interface SignedHead {
  readonly note: Uint8Array
  /** How many different witnesses have cosigned it. */
  readonly witnesses: number
  readonly signedAt: Date
}

export interface Integration {
  readonly batches: readonly WaitingBatch[]
  readonly leafHashes: readonly Uint8Array[]
  /** The first leaf's index. */
  readonly firstIndex: bigint
  readonly tiles: readonly ChangedTile[]
  readonly tree: StoredTree
}

/** What only the sequencer does; every write checks its lease's fence in the same transaction. */
export interface TreeStore {
  /** The tree as far as it is integrated; made empty at the first start. Refuses a database of another log. */
  openTree(lease: Lease, identity: TreeIdentity): Promise<StoredTree>
  readWaiting(): Promise<readonly WaitingBatch[]>
  integrate(lease: Lease, integration: Integration): Promise<void>
  /**
   * Stores what `sign` makes of the note that this size has so far, alone among those who write it. Another root for a
   * size that was signed before is refused.
   */
  storeCheckpoint(lease: Lease, head: StoredTree, sign: (before: Uint8Array | undefined) => SignedHead): Promise<void>
  /** The size of the newest head that a witness is known to have cosigned; 0 at first. */
  witnessedSize(name: string): Promise<bigint>
  storeWitnessedSize(lease: Lease, name: string, size: bigint): Promise<void>
  /** Where the last leaf that has a place is, and its bytes. */
  lastLeaf(): Promise<{ readonly index: bigint; readonly leaf: Uint8Array } | undefined>
}

export function createTreeStore({ sql: db }: Database): TreeStore {
  const fenced = <Result>(lease: Lease, work: (tx: Transaction<Tables>) => Promise<Result>): Promise<Result> =>
    db.transaction().execute(async (tx) => {
      await checkFence(tx, lease)
      return work(tx)
    })
  return {
    openTree: (lease, identity) => fenced(lease, (tx) => openTree(tx, identity)),
    readWaiting: async () => {
      const { rows } = await sql<{ id: bigint; count: number; entries: Uint8Array }>`
        select id, count, entries from (
          select *, sum(octet_length(entries)) over (order by id) - octet_length(entries) as before from (
            select id, count, entries from log_batches where first_index is null order by id limit ${MOST_BATCHES}
          ) as waiting
        ) as measured where before < ${MOST_BYTES} order by id`.execute(db)
      return rows.map(({ id, count, entries }) => ({ id, leaves: parseEntryBundle(entries, count) }))
    },
    integrate: (lease, integration) => fenced(lease, (tx) => integrate(tx, integration)),
    storeCheckpoint: (lease, head, sign) => fenced(lease, (tx) => storeCheckpoint(tx, head, sign)),
    async witnessedSize(name) {
      const { rows } = await sql<{ size: bigint }>`select size from log_witnesses where name = ${name}`.execute(db)
      return rows[0]?.size ?? 0n
    },
    storeWitnessedSize: (lease, name, size) =>
      fenced(lease, async (tx) => {
        await sql`
          insert into log_witnesses (name, size) values (${name}, ${size})
          on conflict (name) do update set size = excluded.size`.execute(tx)
      }),
    async lastLeaf() {
      const { rows } = await sql<{ first_index: bigint; count: number; entries: Uint8Array }>`
        select first_index, count, entries from log_batches
        where first_index is not null order by first_index desc limit 1`.execute(db)
      const [row] = rows
      const leaf = row === undefined ? undefined : parseEntryBundle(row.entries, row.count).at(-1)
      return row === undefined || leaf === undefined
        ? undefined
        : { index: row.first_index + BigInt(row.count - 1), leaf }
    }
  }
}

/** The edge of a stored tree, read from its tiles. */
export async function readEdge(store: LogStore, size: bigint): Promise<TreeEdge> {
  const nodes = rangeNodes(size)
  const levels = tileLevels(size)
  const tiles = await readWholeTiles(store, nodes, size)
  const read = tileHashReader((level, index) => requireTile(tiles.get(`${level}/${index}`), level, index))
  const partial = levels.map(({ level, full }) => ({ level, index: full }))
  const stored = await store.readTiles(partial)
  const rows = levels.map(({ level, full, partial: width }) => {
    const hashes = stored.get(`${level}/${full}`)
    if (width === 0) return []
    if (hashes?.byteLength !== width * HASH_BYTES) throw damaged(`tile ${level}/${full} has not ${width} hashes`)
    return Array.from({ length: width }, (_, at) => hashes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES))
  })
  return { range: compactRange(size, nodes.map(read)), rows }
}

/** The tiles that hold these nodes, as wide as they are stored, by `level/index`. */
export async function readWholeTiles(
  store: LogStore,
  nodes: readonly NodeId[],
  size: bigint
): Promise<ReadonlyMap<string, Tile>> {
  const stored = await store.readTiles(
    tilesOf(nodes, size).map(({ level, index }) => ({ level: Number(level), index }))
  )
  return new Map([...stored].map(([key, hashes]) => [key, parseTile(hashes, hashes.byteLength / HASH_BYTES)]))
}

export function damaged(message: string): ServiceError {
  return new ServiceError('LOG_STATE_INVALID', message)
}

function requireTile(tile: Tile | undefined, level: number, index: bigint): Tile {
  if (tile === undefined) throw damaged(`tile ${level}/${index} is missing`)
  return tile
}

async function openTree(tx: Transaction<Tables>, { origin, publicKey }: TreeIdentity): Promise<StoredTree> {
  await sql`
    insert into log_tree (origin, public_key, size, root)
    values (${origin}, ${publicKey}, 0, sha256(''::bytea)) on conflict do nothing`.execute(tx)
  const { rows } = await sql<StoredTree & { same: boolean }>`
    select size, root, origin = ${origin} and public_key = ${publicKey} as same from log_tree`.execute(tx)
  const [tree] = rows
  if (tree === undefined || !tree.same) throw damaged('the database holds the log of another origin or key')
  return { size: tree.size, root: tree.root }
}

async function integrate(
  tx: Transaction<Tables>,
  { batches, leafHashes, firstIndex, tiles, tree }: Integration
): Promise<void> {
  let index = firstIndex
  const places = batches.map(({ id, leaves }) => {
    const place = { id: String(id), index: String(index) }
    index += BigInt(leaves.length)
    return place
  })
  await sql`
    update log_batches set first_index = placed.index
    from unnest(${places.map(({ id }) => id)}::bigint[], ${places.map((place) => place.index)}::bigint[])
      as placed (id, index)
    where log_batches.id = placed.id and first_index is null`.execute(tx)
  const prefixes = leafHashes.map(hashPrefix)
  await sql`
    insert into log_leaves (hash_prefix, index)
    select hash_prefix, ${firstIndex} + place - 1
    from unnest(${prefixes}::integer[]) with ordinality as hashed (hash_prefix, place)`.execute(tx)
  for (const { level, index: at, hashes } of tiles) {
    await sql`
      insert into log_tiles (level, index, hashes) values (${level}, ${at}, ${hashes})
      on conflict (level, index) do update set hashes = excluded.hashes`.execute(tx)
  }
  const grown = await sql`
    update log_tree set size = ${tree.size}, root = ${tree.root} where size = ${firstIndex} returning 1`.execute(tx)
  if (grown.rows.length === 0) throw damaged(`the stored tree has not the size ${firstIndex}`)
}

async function storeCheckpoint(
  tx: Transaction<Tables>,
  { size, root }: StoredTree,
  sign: (before: Uint8Array | undefined) => SignedHead
): Promise<void> {
  // The fence's row is ours: nobody else writes checkpoints meanwhile.
  const { rows } = await sql<{ root: Uint8Array; note: Uint8Array }>`
    select root, note from log_checkpoints where size = ${size}`.execute(tx)
  const [before] = rows
  if (before !== undefined && !equalBytes(before.root, root)) throw damaged(`another head of size ${size} is signed`)
  const { note, witnesses, signedAt } = sign(before?.note)
  await sql`
    insert into log_checkpoints (size, root, note, witnesses, signed_at)
    values (${size}, ${root}, ${note}, ${witnesses}, ${signedAt})
    on conflict (size) do update
      set note = excluded.note, witnesses = excluded.witnesses, signed_at = excluded.signed_at`.execute(tx)
  await sql`select pg_notify(${HEAD_CHANNEL}, ${String(size)})`.execute(tx)
}
