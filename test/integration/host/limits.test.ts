import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyUsage } from '../../../attestation/receipt/usage.ts'
import { createHello } from '../../../attestation/session/handshake.ts'
import type { HostClient } from '../../fakes/host-client.ts'
import { openTestHost, TEST_MODEL, type TestHost } from '../../fakes/test-host.ts'

let host: TestHost
let client: HostClient

beforeAll(async () => {
  host = await openTestHost()
  client = await host.client()
})
afterAll(() => host[Symbol.asyncDispose]())

const unixNow = () => Math.floor(Date.now() / 1000)
const chat = (knobs: object = {}, more: object = {}) => ({
  model: TEST_MODEL,
  messages: [{ role: 'user', content: 'x' }],
  stand_in: knobs,
  ...more
})
const stream = { stream: true }

async function nextStatement(before: number) {
  await expect.poll(() => host.network.statements.length, { timeout: 3000 }).toBeGreaterThan(before)
  return verifyUsage(host.network.statements[before]!.statement, client.leg.host.keyset)
}

describe('a request ends', () => {
  test.each([
    ['before the first token', { first_delay_ms: 60_000 }, false],
    ['in the middle of a stream', { tokens: 10_000, delay_ms: 5 }, true],
    ['while the engine stalls', { stall_after: 2 }, true]
  ])('when its client hangs up %s: the engine is free within 100 ms', async (_, knobs, begins) => {
    const before = host.network.statements.length
    const running = client.start({ body: chat(knobs, stream), meta: stream })
    await expect.poll(() => host.engine.running).toBe(1)
    if (begins) await running.begun
    const cancelledAt = performance.now()
    running.stream.reset('CANCELLED')
    while (host.engine.running > 0) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(performance.now() - cancelledAt).toBeLessThan(100)
    expect(await nextStatement(before)).toMatchObject({ finish: 'cancelled', receiptHash: null })
  })

  test('at its deadline', async () => {
    const before = host.network.statements.length
    const meta = { ...stream, deadline: unixNow() + 1 }
    const answer = await client.ask({ body: chat({ stall_after: 1 }, stream), meta })
    expect(answer.code).toBe('DEADLINE_PASSED')
    expect(host.engine.running).toBe(0)
    expect(await nextStatement(before)).toMatchObject({ finish: 'cancelled' })
  })

  test('never for a reader that is slow: the engine waits', async () => {
    const knobs = { tokens: 50_000 }
    const running = client.start({ body: chat(knobs, stream), meta: stream }, { reading: false })
    await running.begun
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(host.engine.running).toBe(1)
    running.stream.reset('CANCELLED')
    await expect.poll(() => host.engine.running).toBe(0)
  })
})

describe('a request is refused', () => {
  test('when it is replayed, byte for byte', async () => {
    const first = client.start({ body: chat() })
    expect((await first.answer).status).toBe(200)
    const again = client.start({ body: chat() }, { sealed: first.sealed })
    expect((await again.answer).code).toBe('REPLAYED')
  })

  test.each([
    ['is past', -1],
    ['is more than 15 minutes ahead', 1000]
  ])('when its deadline %s', async (_, offset) => {
    const answer = await client.ask({ body: chat(), meta: { deadline: unixNow() + offset } })
    expect(answer.code).toBe('DEADLINE_PASSED')
  })

  test('when its wrap was turned', async () => {
    const sealed = client.seal({}, new Uint8Array(0))
    sealed.wraps[0]!.wrap[3]! ^= 1
    expect((await client.start({}, { sealed }).answer).code).toBe('UNSEAL_FAILED')
  })

  test('when a chunk was turned, after it was accepted', async () => {
    const before = host.network.statements.length
    const sealed = client.seal({}, new Uint8Array(0))
    sealed.chunks[0]!.sealed[3]! ^= 1
    expect((await client.start({}, { sealed }).answer).code).toBe('UNSEAL_FAILED')
    expect(await nextStatement(before)).toMatchObject({ finish: 'failed' })
  })

  test('when meta names another model', async () => {
    expect((await client.ask({ body: chat(), meta: { model: 'other' } })).code).toBe('PROTOCOL')
  })

  test('when its session is unknown here', async () => {
    const other = await openTestHost()
    const stranger = await other.client()
    const sealed = stranger.seal({}, new Uint8Array(0))
    const wraps = [{ ...sealed.wraps[0]!, digest: client.leg.digest }]
    const forged = { ...sealed, metaBytes: sealed.metaBytes, wraps, chunks: sealed.chunks, meta: sealed.meta }
    const answer = client.start({}, { sealed: forged as unknown as typeof sealed }).answer
    expect((await answer).code).toBe('SESSION_UNKNOWN')
    await other[Symbol.asyncDispose]()
  })

  test('when no slot is free, and its number stays good', async () => {
    const held = Array.from({ length: 4 }, () => client.start({ body: chat({ stall_after: 0 }, stream), meta: stream }))
    await expect.poll(() => host.engine.running).toBe(4)
    await expect.poll(() => host.network.slots.at(-1)).toEqual({ free: 0, total: 4 })
    const refused = client.start({ body: chat() })
    expect((await refused.answer).code).toBe('NO_CAPACITY')
    for (const { stream: one } of held) one.reset('CANCELLED')
    await expect.poll(() => host.network.slots.at(-1)).toEqual({ free: 4, total: 4 })
    expect((await client.start({ body: chat() }, { sealed: refused.sealed }).answer).status).toBe(200)
  })
})

describe('a hello', () => {
  const wish = () => ({ model: TEST_MODEL, ttlSeconds: 60, hosts: [host.network.host] })

  test('gets the same answer when it comes again', async () => {
    using handshake = await createHello(wish(), unixNow())
    const first = await host.network.hello(handshake.message)
    const again = await host.network.hello(handshake.message)
    expect(Buffer.from(again.accept).equals(first.accept)).toBe(true)
  })

  test('is refused for another model, and when it is no hello', async () => {
    using other = await createHello({ ...wish(), model: 'other' }, unixNow())
    await expect(host.network.hello(other.message)).rejects.toThrow('refused with')
    const noise = { hello: new Uint8Array(40), payerSignature: new Uint8Array(0) }
    await expect(host.network.hello(noise)).rejects.toThrow('refused with 13')
  })
})

test('more sessions than there is room for are refused', async () => {
  const small = await openTestHost({ env: { BOMBYX_MOST_SESSIONS: '2' } })
  await small.client()
  await small.client()
  await expect(small.client()).rejects.toThrow('refused with 9')
  await small[Symbol.asyncDispose]()
})
