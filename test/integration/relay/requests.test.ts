import { describe, expect, test, vi } from 'vitest'
import { decodeHex } from '../../../attestation/encoding.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { META } from '../../fakes/link-client.ts'
import type { HostRequest } from '../../fakes/link-host.ts'
import { chunk, startWorld } from './world.ts'

const silent = (): void => {}

describe('a relay switches', () => {
  test('a request to one of the hosts it names, and the answer back', async () => {
    await using w = await startWorld()
    const [one, two] = [await w.host(), await w.host()]
    const client = await w.client()
    const question = [chunk(32_784), chunk(1000), chunk(32_784), chunk(32_784), chunk(300)]
    const request = client.ask([one.keyset.digest, two.keyset.digest], question)
    expect(await request.outcome).toBe('complete')
    expect(request.chunks).toEqual(question)
    const served = [one, two].filter(({ requests }) => requests.length === 1)
    expect(served.length).toBe(1)
    expect(served[0]?.requests[0]?.digests).toEqual([served[0]?.keyset.digest])
    expect(request.accepts[0]?.subarray(0, 32)).toEqual(served[0]?.keyset.digest)
    const size = question.reduce((total, { byteLength }) => total + byteLength, 0)
    await w.logged('request finished', { code: 'COMPLETE', model: 'm', bytesIn: size, bytesOut: size })
  })

  test('two hundred requests at once, each to its own answer', async () => {
    await using w = await startWorld()
    const hosts = [await w.host({ slots: 100 }), await w.host({ slots: 100 })]
    const client = await w.client()
    const digests = hosts.map(({ keyset }) => keyset.digest)
    const asked = Array.from({ length: 200 }, (_, n) => {
      const question = [chunk(200 + n), chunk(16)]
      return { question, request: client.ask(digests, question, { n }) }
    })
    for (const { question, request } of asked) {
      expect(await request.outcome).toBe('complete')
      expect(request.chunks).toEqual(question)
    }
    expect(hosts.every(({ requests }) => requests.length > 20)).toBe(true)
  })

  test('the next request of a session to the host that served the last', async () => {
    await using w = await startWorld()
    const hosts = [await w.host(), await w.host(), await w.host()]
    const client = await w.client()
    for (let n = 0; n < 8; n++) {
      await client.ask(
        hosts.map(({ keyset }) => keyset.digest),
        [chunk(16)],
        { n }
      ).outcome
    }
    expect(hosts.map(({ requests }) => requests.length).sort()).toEqual([0, 0, 8])
  })

  test('usage to the market, to the client whose session it is, and the acknowledgement to the host', async () => {
    await using w = await startWorld()
    let seq = 0
    const host = await w.host({
      answer: ({ stream, meta }, self) => {
        stream.finish(chunk(256))
        self.report(++seq, meta)
      }
    })
    const [client, other] = [await w.client(), await w.client()]
    await other.ask([host.keyset.digest], [chunk(16)], { sessionId: new Uint8Array(16).fill(2) }).outcome
    await client.ask([host.keyset.digest], [chunk(16)], { n: 1 }).outcome
    await client.ask([host.keyset.digest], [chunk(16)], { n: 2 }).outcome
    await vi.waitFor(() => expect(host.acks.at(-1)).toBe(3))
    expect(client.usage.map((bytes) => parseUsage(bytes).n)).toEqual([1, 2])
    expect(other.usage.map((bytes) => parseUsage(bytes).seq)).toEqual([1])
    expect(w.registry.stored.length).toBe(3)
  })

  test('usage again and again until the market takes it', async () => {
    await using w = await startWorld()
    const host = await w.host()
    w.registry.refuseUsage(true)
    host.report(1, META)
    await w.logged('usage not stored')
    expect(host.acks).toEqual([])
    w.registry.refuseUsage(false)
    await vi.waitFor(() => expect(host.acks).toEqual([1]), 3000)
  })
})

describe('slots', () => {
  test('are never given out beyond what the host announced; the rest waits its turn', async () => {
    await using w = await startWorld()
    const running: HostRequest[] = []
    let most = 0
    const host = await w.host({
      slots: 3,
      answer: (request, self) => {
        running.push(request)
        most = Math.max(most, running.length)
        setTimeout(() => {
          running.splice(running.indexOf(request), 1)
          request.stream.finish(chunk(16))
          self.announce(3 - running.length)
        }, 5)
      }
    })
    const client = await w.client()
    const asked = Array.from({ length: 20 }, (_, n) => client.ask([host.keyset.digest], [chunk(16)], { n }))
    expect(await Promise.all(asked.map(({ outcome }) => outcome))).toEqual(Array(20).fill('complete'))
    expect(most).toBe(3)
  })

  test('are waited for at most as long as the relay says', async () => {
    await using w = await startWorld({ limits: { queueWaitMs: 300 } })
    const host = await w.host({ slots: 1, answer: silent })
    const client = await w.client()
    client.ask([host.keyset.digest], [chunk(16)])
    expect(await client.ask([host.keyset.digest], [chunk(16)], { n: 1 }).outcome).toBe('NO_CAPACITY')
  })

  test('are not waited for past the request’s deadline', async () => {
    await using w = await startWorld()
    const host = await w.host({ slots: 1, answer: silent })
    const client = await w.client()
    client.ask([host.keyset.digest], [chunk(16)])
    const deadline = Math.floor(Date.now() / 1000) + 1
    expect(await client.ask([host.keyset.digest], [chunk(16)], { n: 1, deadline }).outcome).toBe('DEADLINE_PASSED')
  })

  test('cannot be queued for by one tenant beyond its share', async () => {
    await using w = await startWorld({ limits: { queuePerTenant: 2 } })
    const host = await w.host({ slots: 1, answer: silent })
    const client = await w.client()
    const asked = Array.from({ length: 4 }, (_, n) => client.ask([host.keyset.digest], [chunk(16)], { n }))
    expect(await asked[3]?.outcome).toBe('NO_CAPACITY')
    const other = await w.client()
    const theirs = other.ask([host.keyset.digest], [chunk(16)], { sessionId: new Uint8Array(16).fill(9) })
    asked[0]?.stream.reset('CANCELLED')
    asked[1]?.stream.reset('CANCELLED')
    asked[2]?.stream.reset('CANCELLED')
    await theirs.accepted
  })

  test('come back when the client cancels, and the host hears of it', async () => {
    await using w = await startWorld()
    const host = await w.host({ slots: 1, answer: silent })
    const client = await w.client()
    const first = client.ask([host.keyset.digest], [chunk(16)])
    await first.accepted
    const second = client.ask([host.keyset.digest], [chunk(16)], { n: 1 })
    first.stream.reset('CANCELLED')
    await second.accepted
    expect(host.requests[0]?.code).toBe('CANCELLED')
    await w.logged('request finished', { code: 'CANCELLED' })
  })
})

describe('a request ends', () => {
  test('as HOST_LOST when its host is gone, before and after ACCEPT', async () => {
    await using w = await startWorld()
    const host = await w.host({ answer: ({ stream }) => void stream.send(chunk(100)) })
    const client = await w.client()
    const request = client.ask([host.keyset.digest], [chunk(16)])
    await request.accepted
    await host.die()
    expect(await request.outcome).toBe('HOST_LOST')
    expect(await client.ask([host.keyset.digest], [chunk(16)], { n: 1 }).outcome).toBe('HOST_LOST')
  })

  test('as CANCELLED at the host when its client is gone', async () => {
    await using w = await startWorld()
    const host = await w.host({ answer: silent })
    const client = await w.client()
    const request = client.ask([host.keyset.digest], [chunk(16)])
    await request.accepted
    await client[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(host.requests[0]?.code).toBe('CANCELLED'))
  })

  test('with the code that the host resets it with', async () => {
    await using w = await startWorld()
    const host = await w.host({ answer: ({ stream }) => stream.reset('UNSEAL_FAILED') })
    const client = await w.client()
    expect(await client.ask([host.keyset.digest], [chunk(16)]).outcome).toBe('UNSEAL_FAILED')
  })

  test('at once when its deadline has passed or no host is known', async () => {
    await using w = await startWorld()
    const host = await w.host()
    const client = await w.client()
    expect(await client.ask([host.keyset.digest], [chunk(16)], { deadline: 1 }).outcome).toBe('DEADLINE_PASSED')
    expect(await client.ask([decodeHex('ab'.repeat(32))], [chunk(16)], { n: 1 }).outcome).toBe('HOST_LOST')
    expect(host.requests).toEqual([])
  })
})

describe('backpressure', () => {
  test('goes from a client that does not read to the host that answers', async () => {
    await using w = await startWorld()
    let sent = 0
    const host = await w.host({
      answer: async ({ stream }) => {
        while (sent < 4_000_000) {
          sent += 1000
          if (!stream.send(chunk(1000))) await stream.ready()
        }
        stream.finish(chunk(16))
      }
    })
    const client = await w.client()
    const request = client.ask([host.keyset.digest], [chunk(16)], {}, { reads: false })
    await request.accepted
    await new Promise((resolve) => setTimeout(resolve, 300))
    // What the client's credit allows, and one chunk that waits at the host.
    expect(sent).toBeLessThanOrEqual(66_000)
    expect(request.chunks.reduce((total, { byteLength }) => total + byteLength, 0)).toBeLessThanOrEqual(65_536)
    request.read()
    expect(await request.outcome).toBe('complete')
    expect(request.chunks.reduce((total, { byteLength }) => total + byteLength, 0)).toBe(4_000_016)
  })
})
