import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { appendLeaves, EMPTY_RANGE, rangeRoot } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { parseEntryBundle } from '../../../attestation/tlog/tile.ts'
import type { LogClient } from '../../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { makeLogKey } from '../../../services/log/start.ts'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { type Database, openDatabase } from '../../../services/runtime/database.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { createMetrics } from '../../../services/runtime/metrics.ts'
import { type OutboxDelivery, startOutbox, writeOutbox } from '../../../services/runtime/outbox.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { numberedLeaf, TEST_ORIGIN } from '../../fakes/log.ts'
import { type PostgresProxy, startPostgresProxy } from '../../fakes/postgres-proxy.ts'

/** BOMBYX_CRASH_FAULTS: more of them take longer, a second or so each. BOMBYX_CRASH_SEED: another run. */
const FAULTS = Number(process.env['BOMBYX_CRASH_FAULTS'] ?? 16)
const SEED = Number(process.env['BOMBYX_CRASH_SEED'] ?? 1)
const LEAVES = 5000
const WRITERS = ['registry', 'market'] as const
const LEASE_MS = 600

/** A replica of the log in a process of its own, whose every statement passes a proxy. */
interface Replica {
  readonly proxy: PostgresProxy
  process: ServiceProcess
  client: LogClient
}

interface World {
  readonly url: string
  readonly key: string
  readonly publicKey: Uint8Array
  readonly replicas: readonly Replica[]
  /** Hex of the roots that were seen signed, by size. */
  readonly heads: Map<bigint, Set<string>>
}

const randomOf = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function startReplica(world: Pick<World, 'key'>, proxy: PostgresProxy): Promise<ServiceProcess> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: proxy.url,
    BOMBYX_LOG_ORIGIN: TEST_ORIGIN,
    BOMBYX_LOG_KEY: world.key,
    BOMBYX_LOG_LEASE: `${LEASE_MS}ms`,
    BOMBYX_LOG_REFRESH: '200ms'
  }
  return startProcess({ name: 'log', module: new URL('../../../services/log/main.ts', import.meta.url), env }, {})
}

async function openWorld(stack: AsyncDisposableStack): Promise<World> {
  const url = await createTestDatabase()
  const key = join(await mkdtemp(join(tmpdir(), 'bombyx-crash-')), 'log-key.pem')
  const { publicKey } = await makeLogKey(key)
  const replicas = await Promise.all(
    [0, 1].map(async () => {
      const proxy = stack.use(await startPostgresProxy(url))
      const replica = { proxy, ...(await dialled(await startReplica({ key }, proxy))) }
      stack.defer(() => replica.process[Symbol.asyncDispose]())
      return replica
    })
  )
  return { url, key, publicKey, replicas, heads: new Map() }
}

async function dialled(process: ServiceProcess): Promise<{ process: ServiceProcess; client: LogClient }> {
  return { process, client: await connect(bombyxV1.Log, process.authority) }
}

/** Hands over to whichever replica answers. */
function sendTo({ replicas }: World, writer: string) {
  let turn = 0
  return async ({ entries, blobs }: OutboxDelivery): Promise<readonly bigint[]> => {
    const { client } = replicas[turn++ % replicas.length] as Replica
    const request = {
      writer,
      blobs: [...blobs],
      entries: entries.map((entry) => ({ ...entry, sequence: String(entry.sequence) }))
    }
    const { indices } = await callUnary(client, 'Append', request, { deadlineMs: 3000 })
    return indices.map(BigInt)
  }
}

/** Notes every head that a replica shows, for as long as the world lasts. */
async function observe({ replicas, heads, publicKey }: World, signal: AbortSignal): Promise<void> {
  const trust = { origin: TEST_ORIGIN, publicKey, witnesses: [], minimumWitnesses: 0 }
  while (!signal.aborted) {
    for (const { client } of replicas) {
      const answer = await callUnary(client, 'GetCheckpoint', {}, { deadlineMs: 500 }).catch(() => undefined)
      if (answer === undefined) continue
      const { size, root } = verifyCheckpoint(answer.checkpoint, trust)
      heads.set(size, (heads.get(size) ?? new Set()).add(encodeHex(root)))
    }
    await delay(5)
  }
}

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

type Kind = 'kill' | 'cut' | 'pause'

/** One fault at one statement of one replica, and what it takes to go on. */
async function strike(world: World, random: (below: number) => number): Promise<string> {
  const replica = world.replicas[random(world.replicas.length)] as Replica
  const kind: Kind = (['kill', 'kill', 'cut', 'cut', 'cut', 'pause'] as const)[random(6)] ?? 'cut'
  const { promise: struck, resolve } = Promise.withResolvers<void>()
  const { pid } = replica.process
  const when = random(2) === 0 ? 'before' : 'after'
  const after = random(24)
  replica.proxy.arm({
    after,
    when,
    strike: () => {
      if (kind === 'kill') process.kill(pid, 'SIGKILL')
      if (kind === 'pause') process.kill(pid, 'SIGSTOP')
      resolve()
    }
  })
  await Promise.race([struck, delay(4000)])
  if (kind === 'kill') {
    process.kill(pid, 'SIGKILL')
    replica.proxy.cutAll()
    replica.client.close()
    Object.assign(replica, await dialled(await startReplica(world, replica.proxy)))
  }
  if (kind === 'pause') {
    // Longer than its lease: the other one takes over, and this one wakes up believing that it still holds it.
    await delay(LEASE_MS * 2)
    process.kill(pid, 'SIGCONT')
  }
  return `${kind} ${when} statement ${after}`
}

it(
  `after ${FAULTS} crashes, cuts and pauses no leaf is lost, doubled or out of order, and no size has two heads`,
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
    for (let fault = 0; fault < FAULTS; fault++) told.push(await strike(world, random))
    await writing
    const acknowledged = async () => {
      const { rows } = await sql<{ count: bigint }>`select count(*) as count from told`.execute(database.sql)
      return Number(rows[0]?.count)
    }
    await expect.poll(acknowledged, { timeout: 60_000 }).toBe(LEAVES)
    observing.abort()
    await observed
    await check(world, database, told.join(', '))
  },
  60_000 + FAULTS * 10_000
)

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
