import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Address } from '@ton/core'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { appendLeaves, EMPTY_RANGE, rangeRoot } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeVerifierKey, noteKey } from '../../../attestation/tlog/note-key.ts'
import { parseEntryBundle } from '../../../attestation/tlog/tile.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import { parseAnchorTransaction } from '../../../contracts/log-anchor/transaction.ts'
import { runLogAudit } from '../../../services/audit/start.ts'
import { exportFromDatabase } from '../../../services/log/start.ts'
import { type Database, openDatabase } from '../../../services/runtime/database.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { createMetrics } from '../../../services/runtime/metrics.ts'
import { startOutbox, writeOutbox } from '../../../services/runtime/outbox.ts'
import { numberedLeaf, TEST_ORIGIN } from '../../fakes/log.ts'
import { observe, openWorld, randomOf, sendTo, strike, strikeChain, type World } from './crash-world.ts'

/** BOMBYX_CRASH_FAULTS: more of them take longer, a second or so each. BOMBYX_CRASH_SEED: another run. */
const FAULTS = Number(process.env['BOMBYX_CRASH_FAULTS'] ?? 16)
const SEED = Number(process.env['BOMBYX_CRASH_SEED'] ?? 1)
const LEAVES = 5000
const WRITERS = ['registry', 'market'] as const

/** Each writer's leaves, some to a transaction, over about as long as the faults take. */
async function writeLeaves(database: Database, writer: string, spread: number): Promise<void> {
  for (let next = 1; next <= LEAVES / WRITERS.length; ) {
    const count = Math.min(25, LEAVES / WRITERS.length - next + 1)
    await database.sql.transaction().execute(async (tx) => {
      for (let at = 0; at < count; at++) {
        await writeOutbox(tx, writer, { leaf: leafOf(writer, next + at), blobs: [] })
      }
    })
    next += count
    await delay(spread)
  }
}

function leafOf(writer: string, number: number): Uint8Array {
  return numberedLeaf(number + (writer === 'market' ? 1_000_000 : 0))
}

it(
  `after ${FAULTS} crashes, cuts and pauses no leaf is lost, doubled or out of order, and no size has two heads, and an audit finds nothing`,
  async () => {
    await using stack = new AsyncDisposableStack()
    const world = await openWorld(stack)
    const database = stack.use(await openDatabase({ url: world.url }))
    await sql`create table told (writer text, sequence bigint, index bigint)`.execute(database.sql)
    for (const writer of WRITERS) {
      const plumbing = { database, writer, logger: silentLogger, metrics: createMetrics('test'), leaseTtlMs: 500 }
      const outbox = await startOutbox({
        ...plumbing,
        send: sendTo(world, writer),
        onAcknowledged: async (tx, acknowledged) => {
          for (const { sequence, index } of acknowledged) {
            await sql`insert into told values (${writer}, ${sequence}, ${index})`.execute(tx)
          }
        }
      })
      stack.use(outbox)
    }
    const observing = new AbortController()
    const observed = observe(world, observing.signal)
    const spread = (FAULTS * 400) / (LEAVES / WRITERS.length / 25)
    const writing = Promise.all(WRITERS.map((writer) => writeLeaves(database, writer, spread)))
    const random = randomOf(SEED)
    const told: string[] = []
    for (let fault = 0; fault < FAULTS; fault++)
      told.push(await (random(5) === 0 ? strikeChain : strike)(world, random))
    await writing
    const acknowledged = async () => {
      const { rows } = await sql<{ count: bigint }>`select count(*) as count from told`.execute(database.sql)
      return Number(rows[0]?.count)
    }
    await expect.poll(acknowledged, { timeout: 60_000 }).toBe(LEAVES)
    const { BOMBYX_LOG_ANCHOR: address = '', TON_ENDPOINT: endpoint = '' } = world.anchor
    const chain = openChain({ network: 'local', endpoint })
    const onChain = async () => (await chain.open(LogAnchor.at(Address.parse(address))).getHead()).treeSize
    await expect.poll(onChain, { timeout: 30_000 }).toBe(BigInt(LEAVES))
    observing.abort()
    await observed
    await addAnchored(chain, Address.parse(address), world.heads)
    await check(world, database, told.join(', '))
    const { verdict, found } = await audit(world, { endpoint, address })
    expect(found, told.join(', ')).toEqual({ counts: {}, kept: [] })
    expect(verdict).toBe('accepted')
  },
  60_000 + FAULTS * 10_000
)

/** What a stranger finds who has the log's files and the chain. */
async function audit({ url, publicKey }: World, { endpoint, address }: { endpoint: string; address: string }) {
  const log = await mkdtemp(join(tmpdir(), 'bombyx-crashed-'))
  await exportFromDatabase({ url }, log)
  return runLogAudit({
    log,
    key: encodeVerifierKey(noteKey(TEST_ORIGIN, 'ed25519', publicKey)),
    chain: { network: 'local', endpoints: [endpoint], addresses: [address] },
    seen: [],
    now: () => new Date(),
    onProgress: () => {}
  })
}

/** The heads of every order that the contract took; none may have been refused after it was paid for. */
async function addAnchored(chain: Chain, address: Address, heads: World['heads']): Promise<void> {
  const events = (await chain.transactions(address, { limit: 100 })).map(parseAnchorTransaction)
  expect(events.filter(({ kind }) => kind === 'refused' || kind === 'retired')).toEqual([])
  const orders = events.flatMap((event) => (event.kind === 'anchored' ? [event.order] : []))
  expect(orders.length).toBeGreaterThan(2)
  for (const { treeSize, rootHash } of orders) {
    heads.set(treeSize, (heads.get(treeSize) ?? new Set()).add(encodeHex(rootHash)))
  }
}

async function check({ heads }: World, database: Database, faults: string): Promise<void> {
  const batches = await sql<{ first_index: bigint; count: number; entries: Uint8Array }>`
    select first_index, count, entries from log_batches order by first_index`.execute(database.sql)
  const leaves: Uint8Array[] = []
  for (const { first_index, count, entries } of batches.rows) {
    expect(first_index, faults).toBe(BigInt(leaves.length))
    leaves.push(...parseEntryBundle(entries, count))
  }
  const places = new Map(leaves.map((leaf, index) => [encodeHex(leaf), index]))
  expect([leaves.length, places.size], faults).toEqual([LEAVES, LEAVES])
  for (const writer of WRITERS) {
    const { rows } = await sql<{ sequence: bigint; index: bigint }>`
      select sequence, index from told where writer = ${writer} order by sequence`.execute(database.sql)
    // What the owner was told is where the leaf is, and each is after the one before.
    const indices = rows.map(({ index }) => Number(index))
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual(rows.map((_, at) => at + 1))
    expect(indices, faults).toEqual(rows.map((_, at) => places.get(encodeHex(leafOf(writer, at + 1)))))
    expect(indices, faults).toEqual([...indices].sort((a, b) => a - b))
  }
  checkHeads(heads, leaves, faults)
}

/** Every head that anybody saw is the one head of its size, and that of the leaves as they are now. */
function checkHeads(heads: World['heads'], leaves: readonly Uint8Array[], faults: string): void {
  expect(heads.size).toBeGreaterThan(FAULTS)
  let range = EMPTY_RANGE
  for (const [at, leaf] of leaves.entries()) {
    range = appendLeaves(range, [leafHash(leaf)])
    const seen = heads.get(BigInt(at + 1))
    if (seen !== undefined) expect([...seen], faults).toEqual([encodeHex(rangeRoot(range))])
  }
}
