import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { sessionCodeNumber } from '../../../attestation/session/codes.ts'
import { encodeHello } from '../../../attestation/session/hello.ts'
import type { FindHostsRequest } from '../../../proto/gen/bombyx/v1/FindHostsRequest.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { DEFAULT_LIMITS } from '../../../services/relay/config.ts'
import { startRelay } from '../../../services/relay/start.ts'
import { callStream, callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { FakeClient } from '../../fakes/link-client.ts'
import type { FakeHost } from '../../fakes/link-host.ts'
import { chunk, startWorld, type World } from './world.ts'

async function findHosts(w: World, request: FindHostsRequest): Promise<string[]> {
  const relay = await connect(bombyxV1.Relay, w.relay.authority)
  try {
    const { hosts } = await callUnary(relay, 'FindHosts', request)
    return hosts.map(({ keyset }) => keyset.toString('base64')).sort()
  } finally {
    relay.close()
  }
}

const keysets = (...hosts: FakeHost[]): string[] =>
  hosts.map(({ keyset }) => Buffer.from(keyset.bytes).toString('base64')).sort()

describe('FindHosts', () => {
  test('gives the linked hosts of a model, with their exact keysets', async () => {
    await using w = await startWorld()
    const [one, two] = [await w.host(), await w.host()]
    await w.host({ model: 'other' })
    expect(await findHosts(w, { model: 'm' })).toEqual(keysets(one, two))
    expect((await findHosts(w, { model: 'm', count: 1 })).length).toBe(1)
  })

  test('keeps to region, price and what the client excludes', async () => {
    await using w = await startWorld()
    const [near, far, dear] = [await w.host(), await w.host({ region: 'us' }), await w.host({ price: 100 })]
    expect(await findHosts(w, { model: 'm', region: 'eu' })).toEqual(keysets(near, dear))
    const maxPrices = { prompt: 50, cached: 50, completion: 50, reasoning: 50 }
    expect(await findHosts(w, { model: 'm', maxPrices })).toEqual(keysets(near, far))
    expect(await findHosts(w, { model: 'm', exclude: [near.keyset.digest] })).toEqual(keysets(far, dear))
  })

  test('says whether nobody serves the model, or everybody is full', async () => {
    await using w = await startWorld()
    const host = await w.host({ slots: 1, answer: () => {} })
    await expect(findHosts(w, { model: 'none' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const client = await w.client()
    await client.ask([host.keyset.digest], [chunk(16)]).accepted
    await expect(findHosts(w, { model: 'm' })).rejects.toMatchObject({ code: 'NO_CAPACITY' })
    await expect(findHosts(w, { model: '' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(findHosts(w, { model: 'm', count: 9 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  test('ListModels lists what is served now', async () => {
    await using w = await startWorld()
    await w.host({ model: 'b' })
    await w.host({ model: 'a' })
    await w.host({ model: 'a' })
    const relay = await connect(bombyxV1.Relay, w.relay.authority)
    expect(await callUnary(relay, 'ListModels', {})).toEqual({ models: ['a', 'b'] })
    relay.close()
  })
})

function hello(...digests: Uint8Array[]): Uint8Array {
  return encodeHello({
    clientNonce: randomBytes(32),
    ttlSeconds: 60,
    model: 'm',
    digests,
    clientPublicKey: randomBytes(1216),
    payer: undefined
  })
}

async function openSession(w: World, message: Uint8Array, token?: string): Promise<string[]> {
  const dial = token === undefined ? {} : { token }
  const relay = await connect(bombyxV1.Relay, w.relay.authority, dial)
  const answers: string[] = []
  try {
    for await (const event of callStream(relay, 'OpenSession', { hello: message })) {
      if (event.accept != null) answers.push(`accept ${event.accept.accept.toString('hex').slice(0, 8)}`)
      else answers.push(`refusal ${event.refusal?.keysetDigest.toString('hex').slice(0, 8)} ${event.refusal?.code}`)
    }
  } finally {
    relay.close()
  }
  return answers.sort()
}

const short = (host: FakeHost): string => Buffer.from(host.keyset.digest).toString('hex').slice(0, 8)

describe('OpenSession', () => {
  test('carries the hello as it is to every host it names, and all their answers back', async () => {
    await using w = await startWorld()
    const [yes, no] = [await w.host(), await w.host({ sayTo: () => sessionCodeNumber('UNPAID') })]
    const gone = randomBytes(32)
    const message = hello(yes.keyset.digest, no.keyset.digest, gone)
    const lost = `refusal ${Buffer.from(gone).toString('hex').slice(0, 8)} ${sessionCodeNumber('HOST_LOST')}`
    const expected = [`accept ${short(yes)}`, `refusal ${short(no)} ${sessionCodeNumber('UNPAID')}`, lost].sort()
    expect(await openSession(w, message)).toEqual(expected)
    for (const { hellos } of [yes, no]) expect(hellos.map((bytes) => new Uint8Array(bytes))).toEqual([message])
  })

  test('refuses for a host that is lost while it thinks', async () => {
    await using w = await startWorld()
    const host = await w.host({ sayTo: () => undefined })
    const answers = openSession(w, hello(host.keyset.digest))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await host.die()
    expect(await answers).toEqual([`refusal ${short(host)} ${sessionCodeNumber('HOST_LOST')}`])
  })

  test('carries no more hellos of one API key than its share of a minute, over whatever connections', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-relay-'))
    const apiKeys = join(folder, 'keys')
    await writeFile(apiKeys, `${hashToken('open-sesame')} alice\n${hashToken('open-barley')} bob\n`)
    try {
      await using w = await startWorld({ apiKeys, limits: { ...DEFAULT_LIMITS, hellosPerMinute: 2 } })
      const host = await w.host()
      const open = (token: string) => openSession(w, hello(host.keyset.digest), token)
      for (let n = 0; n < 2; n++) expect(await open('open-sesame')).toHaveLength(1)
      await expect(open('open-sesame')).rejects.toMatchObject({ code: 'NO_CAPACITY' })
      expect(await open('open-barley')).toHaveLength(1)
      expect(host.hellos).toHaveLength(3)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('refuses what is no hello', async () => {
    await using w = await startWorld()
    await expect(openSession(w, chunk(40))).rejects.toMatchObject({ code: 'HELLO_MALFORMED' })
  })
})

describe('blobs', () => {
  test('are fetched once, kept, and checked against their digest', async () => {
    await using w = await startWorld()
    const blobs = await connect(bombyxV1.Blobs, w.relay.authority)
    const content = chunk(100_000)
    const digest = w.registry.put(content)
    for (let n = 0; n < 3; n++) {
      const blob = await callUnary(blobs, 'GetBlob', { digest })
      expect(new Uint8Array(blob.content)).toEqual(content)
    }
    expect([...w.registry.asked.values()]).toEqual([1])
    const wrong = randomBytes(32)
    w.registry.blobs.set(Buffer.from(wrong).toString('hex'), content)
    await expect(callUnary(blobs, 'GetBlob', { digest: wrong })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(callUnary(blobs, 'GetBlob', { digest: randomBytes(32) })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(callUnary(blobs, 'GetBlob', { digest: chunk(5) })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    blobs.close()
  })
})

describe('API keys', () => {
  test('are wanted on every call and link where there are any', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-relay-'))
    const apiKeys = join(folder, 'keys')
    await writeFile(apiKeys, `${hashToken('open-sesame')} alice\n`)
    try {
      await using w = await startWorld({ apiKeys })
      const host = await w.host()
      await expect(findHosts(w, { model: 'm' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
      await expect(openSession(w, hello(host.keyset.digest))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
      await using without = await FakeClient.dial(w.relay.authority, 'open-barley')
      expect(await without.ended).toMatchObject({ code: 'UNPAID' })
      const client = await w.client('open-sesame')
      expect(await client.ask([host.keyset.digest], [chunk(16)]).outcome).toBe('complete')
      const relay = await connect(bombyxV1.Relay, w.relay.authority, { token: 'open-sesame' })
      expect((await callUnary(relay, 'FindHosts', { model: 'm' })).hosts.length).toBe(1)
      relay.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('must be there to listen anywhere but on loopback', async () => {
    const config = {
      listen: '0.0.0.0:0',
      registry: '127.0.0.1:1',
      market: '127.0.0.1:1',
      dial: {},
      authorities: [],
      marketKeys: 'false' as const,
      limits: DEFAULT_LIMITS
    }
    await expect(startRelay(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
