import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { type FakeRegistry, startFakeRegistry } from '../../fakes/fake-registry.ts'
import { type ClientRequest, FakeClient } from '../../fakes/link-client.ts'
import { FakeHost, type HostRequest } from '../../fakes/link-host.ts'
import { startWire } from '../../soak/wire.ts'

const MIB = 1024 * 1024
const CHUNK = 272
const STREAMS = 1_000
const CHUNKS = 12
const HOSTS = 4
/** What the relay may take with a thousand streams open. */
const MOST_RESIDENT = 600 * MIB

let stack: AsyncDisposableStack
let registry: FakeRegistry
let relay: ServiceProcess
let hosts: readonly FakeHost[]
/** What hosts do with a request that has come in whole. */
let answer: (request: HostRequest) => void | Promise<void> = () => {}

// The relay is in a process of its own, so that what is measured is its memory alone.
beforeAll(async () => {
  stack = new AsyncDisposableStack()
  registry = stack.use(await startFakeRegistry())
  const env = { BOMBYX_REGISTRY: registry.authority, BOMBYX_MARKET: registry.authority, BOMBYX_QUEUE_PER_TENANT: '512' }
  const module = new URL('../../../services/relay/main.ts', import.meta.url)
  relay = stack.use(await startProcess({ name: 'relay', module, env }, {}))
  hosts = await Promise.all(
    Array.from({ length: HOSTS }, async () => {
      const host = stack.use(new FakeHost({ slots: STREAMS, answer: (request) => answer(request) }))
      registry.list(host.listing)
      await Promise.all([host.dial(relay.authority), host.serve(relay.authority)])
      return host
    })
  )
})
afterAll(() => stack.disposeAsync())

function resident(): number {
  return Number(readFileSync(`/proc/${relay.pid}/statm`, 'utf8').split(' ')[1]) * 4096
}

/** Asks as tenants of their own, spread over the hosts. */
function askAll(clients: readonly FakeClient[], count: number, reads = true): readonly ClientRequest[] {
  const input = [new Uint8Array(1040)]
  return Array.from({ length: count }, (_, index) => {
    const client = clients[index % clients.length]!
    const digest = hosts[index % hosts.length]!.keyset.digest
    const sessionId = new Uint8Array(16).fill(1 + (index % clients.length))
    return client.ask([digest], input, { n: index, sessionId }, { reads })
  })
}

async function connectClients(count: number, authority = relay.authority): Promise<readonly FakeClient[]> {
  return Promise.all(Array.from({ length: count }, () => FakeClient.dial(authority)))
}

async function sendAll({ stream }: HostRequest, chunks: number, length: number): Promise<void> {
  for (let sent = 1; sent < chunks && !stream.closed; sent++) {
    if (!stream.send(new Uint8Array(length).fill(sent))) await stream.ready()
  }
  if (!stream.closed) stream.finish(new Uint8Array(length))
}

describe('a relay', () => {
  it('carries a thousand streams at once, whole, in under 600 MiB', async () => {
    let open = 0
    const all = Promise.withResolvers<void>()
    answer = async (request) => {
      if (++open === STREAMS) all.resolve()
      // Nobody's answer ends before everybody's has begun.
      await all.promise
      for (let sent = 1; sent < CHUNKS; sent++) {
        request.stream.send(new Uint8Array(CHUNK).fill(sent))
        await sleep(150 + Math.random() * 100)
      }
      request.stream.finish(new Uint8Array(CHUNK))
    }
    const clients = await connectClients(10)
    const requests = askAll(clients, STREAMS)
    await all.promise
    let most = 0
    const measuring = setInterval(() => {
      most = Math.max(most, resident())
    }, 100)
    const outcomes = await Promise.all(requests.map(({ outcome }) => outcome))
    clearInterval(measuring)
    expect(outcomes.filter((outcome) => outcome !== 'complete')).toEqual([])
    const order = requests.map(({ chunks }) => chunks.map((chunk) => chunk[0]))
    const expected = [...Array.from({ length: CHUNKS - 1 }, (_, index) => index + 1), 0]
    expect(order.filter((one) => one.join() !== expected.join())).toEqual([])
    expect(most).toBeGreaterThan(20 * MIB)
    expect(most).toBeLessThan(MOST_RESIDENT)
    for (const client of clients) await client[Symbol.asyncDispose]()
  })

  it('holds no more than its credit for readers that do not read, and gives them all of it when they do', async () => {
    const [STALLED, EACH, LENGTH] = [100, 20, 16_400]
    answer = (request) => sendAll(request, EACH, LENGTH)
    const clients = await connectClients(2)
    const before = resident()
    const requests = askAll(clients, STALLED, false)
    await Promise.all(requests.map(({ accepted }) => accepted))
    await sleep(1_500)
    const waiting = requests.map(({ chunks }) => chunks.reduce((sum, { byteLength }) => sum + byteLength, 0))
    // 32 MiB want to come; 64 KiB a stream may.
    expect(Math.max(...waiting)).toBeLessThanOrEqual(65_536)
    expect(Math.min(...waiting)).toBeGreaterThan(0)
    expect(resident() - before).toBeLessThan(48 * MIB)
    for (const request of requests) request.read()
    const outcomes = await Promise.all(requests.map(({ outcome }) => outcome))
    expect(outcomes.filter((outcome) => outcome !== 'complete')).toEqual([])
    expect(requests.map(({ chunks }) => chunks.length).filter((count) => count !== EACH)).toEqual([])
    for (const client of clients) await client[Symbol.asyncDispose]()
  })

  it('does not keep for a client whose connection stands still what it has asked for, and serves the others', async () => {
    answer = (request) => sendAll(request, 64, 32_784)
    await using wire = await startWire(() => relay.authority)
    const [greedy] = await connectClients(1, wire.authority)
    const before = resident()
    const requests = askAll([greedy!], 100)
    for (const { stream } of requests) stream.grant(3 * MIB)
    await Promise.all(requests.map(({ accepted }) => accepted))
    wire.stall()
    let most = 0
    const measuring = setInterval(() => {
      most = Math.max(most, resident())
    }, 50)
    const [other] = await connectClients(1)
    const beside = askAll([other!], 4)
    expect(new Set(await Promise.all(beside.map(({ outcome }) => outcome)))).toEqual(new Set(['complete']))
    await sleep(2_000)
    clearInterval(measuring)
    // 200 MiB were asked for.
    expect(most - before).toBeLessThan(180 * MIB)
    for (const client of [greedy!, other!]) await client[Symbol.asyncDispose]()
  })
})
