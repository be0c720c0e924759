import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { parseBundle } from '../../../attestation/bundle.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseUsage, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { reportData } from '../../../attestation/session/keyset.ts'
import { startHost } from '../../../services/host/start.ts'
import { startEngine } from '../../../services/network/engine/start.ts'
import type { LogFields, Logger } from '../../../services/runtime/log.ts'
import { HostNetwork } from '../../fakes/host-network.ts'
import { openTestHost, TEST_MODEL, testConfig } from '../../fakes/test-host.ts'

const chat = (more: object = {}) => ({ model: TEST_MODEL, messages: [{ role: 'user', content: 'x' }], ...more })

function listeningLogger(): { readonly logger: Logger; readonly lines: { message: string; fields: LogFields }[] } {
  const lines: { message: string; fields: LogFields }[] = []
  const note = (message: string, fields: LogFields = {}) => void lines.push({ message, fields })
  return { lines, logger: { debug: note, info: note, warn: note, error: note } }
}

describe('enrolment', () => {
  test('brings evidence over the challenge and a fresh keyset, and withdraws at the end', async () => {
    const host = await openTestHost()
    const bundle = parseBundle(host.network.bundles[0]!)
    const { keyset, nonce, quote } = bundle
    expect(encodeHex(quote.body.reportData)).toBe(encodeHex(reportData(keyset.digest, nonce)))
    expect(keyset).toMatchObject({ model: { id: TEST_MODEL, engine: 'vllm' }, gpus: [], switches: [] })
    expect(keyset.notAfter - Date.now() / 1000).toBeGreaterThan(24 * 3600 - 60)
    const names = bundle.eventLogs.flatMap(({ events }) => events.flatMap(({ name }) => (name === '' ? [] : [name])))
    expect(names).toEqual(['app-id', 'compose-hash', 'model', 'instance-id'])
    expect(host.network.withdrawn).toHaveLength(0)
    await host[Symbol.asyncDispose]()
    expect(host.network.withdrawn.map(encodeHex)).toEqual([encodeHex(keyset.digest)])
  })

  test('that is refused is logged with its findings, and tried again with another keyset', async () => {
    const network = new HostNetwork()
    let enrolments = 0
    network.enrol = () => (enrolments++ === 0 ? 'refuse' : 'list')
    const { logger, lines } = listeningLogger()
    const host = await openTestHost({ network, context: { logger } })
    expect(network.keysets).toHaveLength(2)
    expect(encodeHex(network.keysets[0]!.digest)).not.toBe(encodeHex(network.keysets[1]!.digest))
    expect(encodeHex(network.keysets[0]!.epoch)).toBe(encodeHex(network.keysets[1]!.epoch))
    const finding = lines.find(({ message }) => message === 'finding')
    expect(finding?.fields).toMatchObject({ code: 'MEASUREMENT_REFUSED', reason: 'deploy a signed image' })
    await host[Symbol.asyncDispose]()
  })

  test('again at its time: the new keyset takes over, and what runs on the old one ends as if nothing happened', async () => {
    const network = new HostNetwork()
    let enrolments = 0
    network.enrol = () => (enrolments++ === 0 ? { listFor: 2 } : 'list')
    const host = await openTestHost({ network })
    const client = await host.client()
    const body = chat({ stream: true, stand_in: { tokens: 150, delay_ms: 20 } })
    const running = client.start({ body, meta: { stream: true } })
    await running.begun
    await expect.poll(() => network.links.length, { timeout: 6000 }).toBe(2)
    const next = await host.client()
    expect(encodeHex(next.leg.digest)).not.toBe(encodeHex(client.leg.digest))
    expect((await next.ask({ body: chat() })).status).toBe(200)
    const late = await client.ask({ body: chat() })
    expect(late.code).toBe('KEYSET_CHANGED')
    const answer = await running.answer
    expect([answer.code, answer.receipt?.usage.completion]).toEqual([undefined, 150])
    await expect.poll(() => network.statements.map(({ seq }) => seq)).toEqual([1, 2])
    verifyUsage(network.statements[1]!.statement, client.leg.host.keyset)
    await expect.poll(() => network.links[0]!.closed).toBe(true)
    await host[Symbol.asyncDispose]()
  })

  test('again with statements that are not stored: the new keyset signs them anew, for the relay that knows no other', async () => {
    const network = new HostNetwork()
    let enrolments = 0
    network.enrol = () => (enrolments++ === 0 ? { listFor: 2 } : 'list')
    network.acknowledging = false
    const host = await openTestHost({ network })
    const before = await host.client()
    expect((await before.ask({ body: chat() })).status).toBe(200)
    await expect.poll(() => network.links.length, { timeout: 6000 }).toBe(2)
    const after = await host.client()
    await expect.poll(() => network.statements.length).toBe(2)
    const [first, again] = network.statements.map(({ statement }) => statement)
    const old = verifyUsage(first!, before.leg.host.keyset)
    const renewed = verifyUsage(again!, after.leg.host.keyset)
    expect([renewed.seq, renewed.sessionId, renewed.counts]).toEqual([old.seq, old.sessionId, old.counts])
    await host[Symbol.asyncDispose]()
  })

  test('waits for the engine, and a start can be given up', async () => {
    await using stack = new AsyncDisposableStack()
    const network = stack.use(await new HostNetwork().start())
    const free = await freePort()
    const config = await testConfig(stack, {
      BOMBYX_REGISTRY: network.authority,
      BOMBYX_RELAYS: network.authority,
      VLLM_URL: `http://127.0.0.1:${free}`
    })
    const stop = new AbortController()
    const starting = startHost(config, { signal: stop.signal })
    setTimeout(() => stop.abort(), 300)
    await expect(starting).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(network.bundles).toHaveLength(0)
  })
})

describe('a relay', () => {
  test('that drops the link gets it back, and every statement that it did not acknowledge', async () => {
    const network = new HostNetwork()
    network.acknowledging = false
    const host = await openTestHost({ network })
    const client = await host.client()
    await client.ask({ body: chat() })
    await client.ask({ body: chat() })
    await expect.poll(() => network.statements.map(({ seq }) => seq)).toEqual([1, 2])
    network.acknowledge(1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    network.link.drop('PROTOCOL', 'a test')
    await expect.poll(() => network.links.length, { timeout: 5000 }).toBe(2)
    await expect.poll(() => network.statements.map(({ seq }) => seq)).toEqual([1, 2, 2])
    expect((await client.ask({ body: chat() })).status).toBe(200)
    await host[Symbol.asyncDispose]()
  })

  test('that is lost in the middle of a request costs the engine nothing more', async () => {
    const host = await openTestHost()
    const client = await host.client()
    const body = chat({ stream: true, stand_in: { stall_after: 1 } })
    const running = client.start({ body, meta: { stream: true } })
    await running.begun
    host.network.link.drop('PROTOCOL', 'a test')
    expect((await running.answer).code).toBe('HOST_LOST')
    await expect.poll(() => host.engine.running).toBe(0)
    await expect.poll(() => host.network.statements.length, { timeout: 5000 }).toBe(1)
    expect(parseUsage(host.network.statements[0]!.statement).finish).toBe('cancelled')
    await host[Symbol.asyncDispose]()
  })

  test('that says the host is delisted makes it attest again, and no more often than every 30 s', async () => {
    let ahead = 0
    const host = await openTestHost({ context: { monotonic: () => performance.now() + ahead } })
    const { network } = host
    network.link.drop('KEYSET_CHANGED', 'a test')
    await expect.poll(() => network.links.length, { timeout: 5000 }).toBe(2)
    expect(network.keysets).toHaveLength(1)
    ahead = 31_000
    network.link.drop('KEYSET_CHANGED', 'a test')
    await expect.poll(() => network.keysets.length, { timeout: 5000 }).toBe(2)
    await expect.poll(async () => (await host.client()).ask({ body: chat() })).toMatchObject({ status: 200 })
    await host[Symbol.asyncDispose]()
  })

  test('shares the slots with the others', async () => {
    const second = await new HostNetwork().start()
    const network = await new HostNetwork().start()
    network.enrol = (enrolled) => {
      second.keysets.push(enrolled)
      return 'list'
    }
    network.start = async () => network
    const relays = `${network.authority},${second.authority}`
    const host = await openTestHost({ network, env: { BOMBYX_RELAYS: relays, BOMBYX_SLOTS: '5' } })
    await expect.poll(() => network.slots.at(-1)?.total).toBe(3)
    await expect.poll(() => second.slots.at(-1)?.total).toBe(2)
    second.link.drop('PROTOCOL', 'a test')
    await expect.poll(() => network.slots.some(({ total }) => total === 5)).toBe(true)
    await host[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  })
})

test('an engine that ends leaves a sealed 503, and no free slot until it is back', async () => {
  const host = await openTestHost()
  const client = await host.client()
  await expect.poll(() => host.network.slots.at(-1)).toEqual({ free: 4, total: 4 })
  await host.engine[Symbol.asyncDispose]()
  const answer = await client.ask({ body: chat() })
  expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([503, 'engine_unavailable'])
  expect(answer.receipt?.usage.completion).toBe(0)
  await expect.poll(() => host.network.slots.at(-1)).toEqual({ free: 0, total: 4 })
  expect((await client.ask({ body: chat() })).code).toBe('NO_CAPACITY')
  expect(parseUsage(host.network.statements[0]!.statement).finish).toBe('failed')
  const { hostname, port } = new URL(host.engine.url)
  const listen = `${hostname}:${port}`
  const again = await startEngine({ listen, models: [TEST_MODEL], maxModelLength: 4096, tokenDelayMs: 0 })
  await expect.poll(() => host.network.slots.at(-1), { timeout: 5000 }).toEqual({ free: 4, total: 4 })
  expect((await client.ask({ body: chat() })).status).toBe(200)
  await host[Symbol.asyncDispose]()
  await again[Symbol.asyncDispose]()
})

test('a prompt and its answer are in no log line', async () => {
  const { logger, lines } = listeningLogger()
  const host = await openTestHost({ context: { logger } })
  const client = await host.client()
  const body = chat({
    stream: true,
    stand_in: { break_after: 3 },
    messages: [{ role: 'user', content: 'canary-7f3a' }]
  })
  await client.ask({ body, meta: { stream: true } })
  await client.ask({ body: chat({ messages: [{ role: 'user', content: 'canary-7f3a' }] }) })
  expect(lines.length).toBeGreaterThan(2)
  expect(JSON.stringify(lines)).not.toContain('canary')
  await host[Symbol.asyncDispose]()
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
