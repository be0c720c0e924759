import { describe, expect, test, vi } from 'vitest'
import { generateEd25519 } from '../../../attestation/crypto.ts'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { encodeFramePayload } from '../../../attestation/session/frames.ts'
import { FakeHost } from '../../fakes/link-host.ts'
import { chunk, hex, startWorld, type World } from './world.ts'

async function refusedLink(w: World, host: FakeHost, as: Parameters<FakeHost['dial']>[1] = {}): Promise<string> {
  await host.dial(w.relay.authority, as)
  await vi.waitFor(() => expect(host.end).toBeDefined(), 5000)
  return host.end?.code ?? 'none'
}

describe('a link of a host is refused', () => {
  test('when its keyset is not listed', async () => {
    await using w = await startWorld({ limits: { listingWaitMs: 200 } })
    await using host = new FakeHost()
    expect(await refusedLink(w, host)).toBe('KEYSET_CHANGED')
  })

  test('when it does not hold the session key', async () => {
    await using w = await startWorld()
    await using host = new FakeHost()
    w.registry.list(host.listing)
    expect(await refusedLink(w, host, { key: generateEd25519() })).toBe('PROTOCOL')
  })

  test('when its proof is for another relay', async () => {
    await using w = await startWorld()
    await using host = new FakeHost()
    w.registry.list(host.listing)
    expect(await refusedLink(w, host, { authority: 'relay-2.example:443' })).toBe('PROTOCOL')
  })

  test('when it is quarantined', async () => {
    await using w = await startWorld()
    await using host = new FakeHost()
    w.registry.list(host.listing)
    w.registry.delist(host.keyset.digest, 'quarantined')
    await w.logged('host delisted')
    expect(await refusedLink(w, host)).toBe('KEYSET_CHANGED')
  })

  test('when its keyset has lapsed', async () => {
    await using w = await startWorld()
    await using host = new FakeHost({ notAfter: Math.floor(Date.now() / 1000) - 1 })
    w.registry.list(host.listing)
    expect(await refusedLink(w, host)).toBe('KEYSET_CHANGED')
  })
})

describe('a link is dropped', () => {
  const slots = (free: number, total: number): Uint8Array =>
    encodeFramePayload({ kind: 'slots', stream: 0, free, total })

  test('of a host that says more slots are free than there are', async () => {
    await using w = await startWorld()
    const host = await w.host()
    host.link?.control(FRAME.slots, slots(3, 2))
    await vi.waitFor(() => expect(host.end?.code).toBe('PROTOCOL'))
  })

  test('of a client that speaks as a host', async () => {
    await using w = await startWorld()
    const client = await w.client()
    client.link.control(FRAME.slots, slots(1, 1))
    expect((await client.ended).code).toBe('PROTOCOL')
  })

  test('by agreement when the relay stops: what runs may finish first', async () => {
    await using w = await startWorld()
    const host = await w.host({ answer: () => {} })
    const client = await w.client()
    const running = client.ask([host.keyset.digest], [chunk(16)])
    await running.accepted
    const stopped = w.relay[Symbol.asyncDispose]()
    await vi.waitFor(() => expect([client.link.takesStreams, host.goaways]).toEqual([false, [undefined]]))
    host.requests[0]?.stream.finish(chunk(16))
    expect(await running.outcome).toBe('complete')
    expect(await client.ended).toEqual({})
    await stopped
    expect(host.end).toEqual({})
  })
})

test('a host that dials before the directory tells of it is linked once it does', async () => {
  await using w = await startWorld()
  await using host = new FakeHost()
  await host.dial(w.relay.authority)
  await new Promise((resolve) => setTimeout(resolve, 100))
  w.registry.list(host.listing)
  await w.logged('host linked', { keysetDigest: hex(host) })
  const client = await w.client()
  expect(await client.ask([host.keyset.digest], [chunk(16)]).outcome).toBe('complete')
})

describe('a host that is delisted takes no new request:', () => {
  const waiting = { answer: () => {} }

  test('quarantined, its link is dropped and what runs there is lost', async () => {
    await using w = await startWorld()
    const host = await w.host(waiting)
    const client = await w.client()
    const running = client.ask([host.keyset.digest], [chunk(16)])
    await running.accepted
    w.registry.delist(host.keyset.digest, 'quarantined')
    expect(await running.outcome).toBe('HOST_LOST')
    expect(host.goaways).toEqual(['KEYSET_CHANGED'])
    expect(await client.ask([host.keyset.digest], [chunk(16)], { n: 1 }).outcome).toBe('HOST_LOST')
  })

  test.each(['replaced', 'lapsed', 'withdrawn'])('%s, what runs there finishes', async (reason) => {
    await using w = await startWorld()
    const host = await w.host(waiting)
    const client = await w.client()
    const running = client.ask([host.keyset.digest], [chunk(16)])
    await running.accepted
    w.registry.delist(host.keyset.digest, reason)
    await vi.waitFor(() => expect(host.goaways).toEqual(['KEYSET_CHANGED']))
    const late = await client.ask([host.keyset.digest], [chunk(16)], { n: 1 }).outcome
    expect(late).toBe(reason === 'replaced' ? 'KEYSET_CHANGED' : 'HOST_LOST')
    host.requests[0]?.stream.finish(chunk(16))
    expect(await running.outcome).toBe('complete')
    expect(host.requests.length).toBe(1)
  })

  test('lapsed by the clock, without a word from the directory', async () => {
    let now = Date.now()
    await using w = await startWorld({ now: () => new Date(now) })
    const host = await w.host()
    now += 3_700_000
    await w.logged('host delisted', { reason: 'lapsed' })
    expect(host.goaways).toEqual(['KEYSET_CHANGED'])
  })

  test('who waits for that host alone is told', async () => {
    await using w = await startWorld()
    const host = await w.host({ slots: 1, answer: () => {} })
    const client = await w.client()
    await client.ask([host.keyset.digest], [chunk(16)]).accepted
    const second = client.ask([host.keyset.digest], [chunk(16)], { n: 1 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    w.registry.delist(host.keyset.digest, 'replaced')
    expect(await second.outcome).toBe('HOST_LOST')
  })
})

describe('the directory', () => {
  test('is followed again after it was lost, and what it no longer lists is gone', async () => {
    await using w = await startWorld()
    const [one, two] = [await w.host(), await w.host()]
    const client = await w.client()
    w.registry.down(true)
    await w.logged('directory lost')
    w.registry.forget(one.keyset.digest)
    expect(await client.ask([one.keyset.digest], [chunk(16)]).outcome).toBe('complete')
    w.registry.down(false)
    await w.logged('host delisted', { keysetDigest: hex(one), reason: 'lapsed' })
    expect(await client.ask([one.keyset.digest], [chunk(16)], { n: 1 }).outcome).toBe('HOST_LOST')
    expect(await client.ask([two.keyset.digest], [chunk(16)], { n: 2 }).outcome).toBe('complete')
  })

  test('that is away for too long stops everything new', async () => {
    await using w = await startWorld({ limits: { directoryGraceMs: 200 } })
    const host = await w.host()
    const client = await w.client()
    w.registry.down(true)
    await w.logged('directory lost')
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(await client.ask([host.keyset.digest], [chunk(16)]).outcome).toBe('HOST_LOST')
    w.registry.down(false)
    await vi.waitFor(async () => {
      expect(await client.ask([host.keyset.digest], [chunk(16)], { n: 1 }).outcome).toBe('complete')
    })
  })
})
