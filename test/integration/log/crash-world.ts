import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeHex } from '../../../attestation/encoding.ts'
import { verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { openChain } from '../../../contracts/chain.ts'
import { openKeyFile } from '../../../contracts/key-file.ts'
import type { LogClient } from '../../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { deployAnchor, makeLogKey } from '../../../services/log/start.ts'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import type { OutboxDelivery } from '../../../services/runtime/outbox.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { TEST_ORIGIN } from '../../fakes/log.ts'
import { type PostgresProxy, startPostgresProxy } from '../../fakes/postgres-proxy.ts'

const LEASE_MS = 600

/** A replica of the log in a process of its own, whose every statement passes a proxy. */
interface Replica {
  readonly proxy: PostgresProxy
  process: ServiceProcess
  client: LogClient
}

/** The chain, in a process of its own that keeps its port. */
interface ChainPlace {
  readonly folder: string
  process: ServiceProcess
}

export interface World {
  readonly chain: ChainPlace
  readonly anchor: Readonly<Record<string, string>>
  readonly url: string
  readonly key: string
  readonly publicKey: Uint8Array
  readonly replicas: readonly Replica[]
  /** Hex of the roots that were seen signed, by size. */
  readonly heads: Map<bigint, Set<string>>
}

export const randomOf = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function startChain(folder: string, authority = '127.0.0.1:0'): Promise<ServiceProcess> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    BOMBYX_CHAIN_DATA: folder,
    BOMBYX_LISTEN: authority,
    BOMBYX_CHAIN_BLOCK_INTERVAL: '300ms'
  }
  const module = new URL('../../../services/network/chain/main.ts', import.meta.url)
  return startProcess({ name: 'chain', module, env }, {})
}

/** The contract, deployed; what the log is told of it. */
async function deploy(folder: string, endpoint: string): Promise<Readonly<Record<string, string>>> {
  const key = join(folder, 'anchor.key')
  const { address } = await deployAnchor({
    chain: openChain({ network: 'local', endpoint }),
    origin: TEST_ORIGIN,
    anchorKey: openKeyFile(key).publicKey,
    recoveryKey: openKeyFile(join(folder, 'recovery.key')).publicKey,
    payer: openKeyFile(join(folder, 'faucet.key')),
    amount: 10_000_000_000n
  })
  return {
    TON_NETWORK: 'local',
    TON_ENDPOINT: endpoint,
    BOMBYX_LOG_ANCHOR: address.toRawString(),
    BOMBYX_LOG_ANCHOR_KEY: key,
    BOMBYX_LOG_ANCHOR_INTERVAL: '1s',
    BOMBYX_LOG_ANCHOR_POLL: '150ms'
  }
}

function startReplica(world: Pick<World, 'key' | 'anchor'>, proxy: PostgresProxy): Promise<ServiceProcess> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: proxy.url,
    BOMBYX_LOG_ORIGIN: TEST_ORIGIN,
    BOMBYX_LOG_KEY: world.key,
    BOMBYX_LOG_LEASE: `${LEASE_MS}ms`,
    BOMBYX_LOG_REFRESH: '200ms',
    ...world.anchor
  }
  return startProcess({ name: 'log', module: new URL('../../../services/log/main.ts', import.meta.url), env }, {})
}

export async function openWorld(stack: AsyncDisposableStack): Promise<World> {
  const url = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-crash-'))
  const chain = { folder: join(folder, 'chain'), process: await startChain(join(folder, 'chain')) }
  stack.defer(() => chain.process[Symbol.asyncDispose]())
  const anchor = await deploy(chain.folder, chain.process.details['endpoint'] ?? '')
  const key = join(folder, 'log-key.pem')
  const { publicKey } = await makeLogKey(key)
  const replicas = await Promise.all(
    [0, 1].map(async () => {
      const proxy = stack.use(await startPostgresProxy(url))
      const replica = { proxy, ...(await dialled(await startReplica({ key, anchor }, proxy))) }
      stack.defer(() => replica.process[Symbol.asyncDispose]())
      return replica
    })
  )
  return { chain, anchor, url, key, publicKey, replicas, heads: new Map() }
}

async function dialled(process: ServiceProcess): Promise<{ process: ServiceProcess; client: LogClient }> {
  return { process, client: await connect(bombyxV1.Log, process.authority) }
}

/** Hands over to whichever replica answers. */
export function sendTo({ replicas }: World, writer: string) {
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
export async function observe({ replicas, heads, publicKey }: World, signal: AbortSignal): Promise<void> {
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

type Kind = 'kill' | 'cut' | 'pause'

/** Kills the chain between any two of its writes, and starts it again. */
export async function strikeChain({ chain }: World, random: (below: number) => number): Promise<string> {
  await delay(random(400))
  const { pid, authority } = chain.process
  process.kill(pid, 'SIGKILL')
  await chain.process.ended
  await delay(random(500))
  chain.process = await startChain(chain.folder, authority)
  return 'kill of the chain'
}

/** One fault at one statement of one replica, and what it takes to go on. */
export async function strike(world: World, random: (below: number) => number): Promise<string> {
  const replica = world.replicas[random(world.replicas.length)] as Replica
  const kind: Kind = (['kill', 'kill', 'cut', 'cut', 'cut', 'pause'] as const)[random(6)] ?? 'cut'
  const { promise: struck, resolve } = Promise.withResolvers<void>()
  const { pid } = replica.process
  const when = random(2) === 0 ? 'before' : 'after'
  const after = random(24)
  replica.proxy.arm({
    after,
    when,
    cuts: kind !== 'pause',
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
