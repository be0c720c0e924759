import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ed25519PrivateKey,
  ed25519PublicBytes,
  equalBytes,
  generateEd25519,
  randomBytes
} from '../../../attestation/crypto.ts'
import { concatBytes } from '../../../attestation/encoding.ts'
import {
  type BhttpResponsePart,
  BhttpResponseReader,
  encodeBhttpRequest,
  encodeBhttpResponse,
  parseBhttpRequest
} from '../../../attestation/session/bhttp.ts'
import { acceptHello, createHello, type HostKeys, type Payer } from '../../../attestation/session/handshake.ts'
import { encodeKeyset, parseKeyset } from '../../../attestation/session/keyset.ts'
import { openRequest, type RequestWish, sealRequest } from '../../../attestation/session/request.ts'
import { refusalOf } from './alteration.ts'
import { appraised } from './replay.ts'

const NOW = 1_800_000_000
const MODEL = 'a/model'

describe('a session made afresh', () => {
  it('gives both sides the same secret, and carries any request and answer', async () => {
    const legs = await agree(2)
    await fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100_000 }), fc.uint8Array({ maxLength: 100_000 }), (asked, answered) => {
        const { client, hosts } = legs
        const wish = wishOf(legs.nextN())
        const bhttp = encodeBhttpRequest({ method: 'POST', path: '/v1/completions', headers: [], content: asked })
        using sealed = sealRequest(client, wish, bhttp, NOW)
        const [host] = hosts
        const opener = openRequest(host!, sealed.metaBytes, sealed.wraps[0]!.wrap, NOW)
        const plaintext = concatBytes(...sealed.chunks.map((chunk) => opener.open(chunk.sealed, chunk.final)))
        expect(equalBytes(parseBhttpRequest(plaintext).content, asked)).toBe(true)
        host!.replay.spend(wish.n)
        const salt = randomBytes(32)
        using sealer = opener.sealResponse(salt)
        const answer = encodeBhttpResponse({ status: 200, headers: [] }, answered, [['bombyx-receipt', 'x']])
        const response = sealed.openResponse(host!.digest, salt)
        const reader = new BhttpResponseReader()
        const parts = sealer
          .seal(answer, true)
          .flatMap((chunk) => reader.push(response.open(chunk.sealed, chunk.final)))
        response.end()
        reader.end()
        expect(equalBytes(contentOf(parts), answered)).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  it('agrees with a payer, whose key names the tenant', async () => {
    const payer = { escrow: randomBytes(33), voucherKey: generateEd25519() }
    const [first, second] = [await agree(1, payer), await agree(1, payer)]
    expect(first.hosts[0]!.payer?.voucherKey).toEqual(ed25519PublicBytes(payer.voucherKey))
    expect(first.hosts[0]!.tenant).toEqual(second.hosts[0]!.tenant)
    expect(first.hosts[0]!.sessionId).not.toEqual(second.hosts[0]!.sessionId)
  })

  it('opens to none but the leg that a wrap is for', async () => {
    const { client, hosts, nextN } = await agree(2)
    using sealed = sealRequest(client, wishOf(nextN()), new Uint8Array(10), NOW)
    const [first, second] = sealed.wraps
    expect(await refusalOf(() => openRequest(hosts[0]!, sealed.metaBytes, second!.wrap, NOW))).toBe('UNSEAL_FAILED')
    expect(await refusalOf(() => openRequest(hosts[1]!, sealed.metaBytes, first!.wrap, NOW))).toBe('UNSEAL_FAILED')
  })

  it('takes one answer: by a leg that was asked, once, and none after one has begun', async () => {
    const { client, hosts, nextN } = await agree(3)
    using sealed = sealRequest(client.slice(0, 2), wishOf(nextN()), new Uint8Array(10), NOW)
    const salt = randomBytes(32)
    const first = sealed.openResponse(hosts[0]!.digest, salt)
    expect(await refusalOf(() => sealed.openResponse(hosts[0]!.digest, salt))).toBe('ANSWER_REFUSED')
    expect(await refusalOf(() => sealed.openResponse(hosts[2]!.digest, salt))).toBe('ANSWER_REFUSED')
    const second = sealed.openResponse(hosts[1]!.digest, salt)
    const chunks = [0, 1].map((i) => {
      const opener = openRequest(hosts[i]!, sealed.metaBytes, sealed.wraps[i]!.wrap, NOW)
      for (const chunk of sealed.chunks) opener.open(chunk.sealed, chunk.final)
      return opener.sealResponse(salt).seal(Uint8Array.of(i), true)[0]!
    })
    expect(second.open(chunks[1]!.sealed, true)).toEqual(Uint8Array.of(1))
    expect(await refusalOf(() => first.open(chunks[0]!.sealed, true))).toBe('ANSWER_REFUSED')
  })

  it('opens no answer anew once it is given up, and goes on with one that it has', async () => {
    const { client, hosts, nextN } = await agree(2)
    const sealed = sealRequest(client, wishOf(nextN()), new Uint8Array(10), NOW)
    const salt = randomBytes(32)
    const opener = openRequest(hosts[0]!, sealed.metaBytes, sealed.wraps[0]!.wrap, NOW)
    for (const chunk of sealed.chunks) opener.open(chunk.sealed, chunk.final)
    const [chunk] = opener.sealResponse(salt).seal(Uint8Array.of(1), true)
    const response = sealed.openResponse(hosts[0]!.digest, salt)
    sealed[Symbol.dispose]()
    expect(await refusalOf(() => sealed.openResponse(hosts[1]!.digest, salt))).toBe('ANSWER_REFUSED')
    expect(response.open(chunk!.sealed, true)).toEqual(Uint8Array.of(1))
  })

  it('seals for the legs that stand, and stops where none does', async () => {
    const { client, nextN } = await agree(2, undefined, [NOW + 100, NOW + 200])
    const wish = wishOf(nextN())
    expect(sealRequest(client, wish, new Uint8Array(1), NOW).wraps).toHaveLength(2)
    const left = sealRequest(client, wish, new Uint8Array(1), NOW + 100)
    expect(left.wraps.map(({ digest }) => digest)).toEqual([client[1]!.digest])
    expect(await refusalOf(() => sealRequest(client, wish, new Uint8Array(1), NOW + 200))).toBe('SESSION_EXPIRED')
  })

  it('refuses an input over 64 MiB before it seals it', async () => {
    const { client, nextN } = await agree(1)
    const large = new Uint8Array(64 * 1024 * 1024 + 1)
    expect(await refusalOf(() => sealRequest(client, wishOf(nextN()), large, NOW))).toBe('TOO_LARGE')
  })

  it('derives nothing from a leg that was erased', async () => {
    const { client, hosts, nextN } = await agree(1)
    using sealed = sealRequest(client, wishOf(nextN()), new Uint8Array(1), NOW)
    hosts[0]![Symbol.dispose]()
    client[0]![Symbol.dispose]()
    const outcome = await refusalOf(() => openRequest(hosts[0]!, sealed.metaBytes, sealed.wraps[0]!.wrap, NOW))
    expect(outcome).toBe('SESSION_EXPIRED')
    expect(await refusalOf(() => sealRequest(client, wishOf(nextN()), new Uint8Array(1), NOW))).toBe('SESSION_EXPIRED')
  })

  it('lets a request that was opened end after its leg', async () => {
    const { client, hosts, nextN } = await agree(1)
    using sealed = sealRequest(client, wishOf(nextN()), new Uint8Array(1), NOW)
    const opener = openRequest(hosts[0]!, sealed.metaBytes, sealed.wraps[0]!.wrap, NOW)
    hosts[0]![Symbol.dispose]()
    client[0]![Symbol.dispose]()
    for (const chunk of sealed.chunks) opener.open(chunk.sealed, chunk.final)
    const salt = randomBytes(32)
    const [chunk] = opener.sealResponse(salt).seal(Uint8Array.of(1), true)
    expect(sealed.openResponse(hosts[0]!.digest, salt).open(chunk!.sealed, true)).toEqual(Uint8Array.of(1))
  })
})

describe('a client', () => {
  it('takes one answer of each host, and one that it signed after one that it did not', async () => {
    const host = makeHost()
    using client = await createHello({ model: MODEL, ttlSeconds: 60, hosts: [appraised(host.keyset)] }, NOW)
    const { message } = await acceptHello(client.message, host)
    const forged = { ...message, signature: new Uint8Array(64) }
    expect(await refusalOf(() => client.receiveAccept(forged, NOW))).toBe('ACCEPT_REFUSED')
    await client.receiveAccept(message, NOW)
    expect(await refusalOf(() => client.receiveAccept(message, NOW))).toBe('ACCEPT_REFUSED')
  })

  it('refuses an answer once its evidence is out of date', async () => {
    const host = makeHost()
    const hosts = [appraised(host.keyset, NOW + 5)]
    using client = await createHello({ model: MODEL, ttlSeconds: 60, hosts }, NOW)
    const { message } = await acceptHello(client.message, host)
    expect(await refusalOf(() => client.receiveAccept(message, NOW + 5))).toBe('KEYSET_LAPSED')
  })

  it.each([
    ['none', []],
    ['two', [generateEd25519(), generateEd25519()]]
  ])('refuses a keyset with %s session keys', async (_, keys) => {
    const host = makeHost()
    const sessionKeys = keys.map((key, i) => ({ keyId: `s${i}`, publicKey: ed25519PublicBytes(key) }))
    const keyset = parseKeyset(encodeKeyset({ ...host.keyset, sessionKeys }))
    using client = await createHello({ model: MODEL, ttlSeconds: 60, hosts: [appraised(keyset)] }, NOW)
    const { message } = await acceptHello(client.message, {
      ...host,
      keyset: { ...host.keyset, digest: keyset.digest }
    })
    expect(await refusalOf(() => client.receiveAccept(message, NOW))).toBe('ACCEPT_REFUSED')
  })

  it('refuses a host whose keyset serves another model', async () => {
    const host = makeHost()
    const keyset = parseKeyset(encodeKeyset({ ...host.keyset, model: { ...host.keyset.model, id: 'another' } }))
    using client = await createHello({ model: MODEL, ttlSeconds: 60, hosts: [appraised(keyset)] }, NOW)
    const { message } = await acceptHello(client.message, {
      ...host,
      keyset: { ...host.keyset, digest: keyset.digest }
    })
    expect(await refusalOf(() => client.receiveAccept(message, NOW))).toBe('ACCEPT_REFUSED')
  })

  it('cannot use its ephemeral key once the handshake is over', async () => {
    const host = makeHost()
    const client = await createHello({ model: MODEL, ttlSeconds: 60, hosts: [appraised(host.keyset)] }, NOW)
    const { message } = await acceptHello(client.message, host)
    client[Symbol.dispose]()
    expect(await refusalOf(() => client.receiveAccept(message, NOW))).toBe('ACCEPT_REFUSED')
  })

  it.each([
    ['no host', { hosts: [] }],
    ['nine hosts', { hosts: Array.from({ length: 9 }, () => appraised(makeHost().keyset)) }],
    ['no time', { ttlSeconds: 0 }],
    ['more than an hour', { ttlSeconds: 3601 }]
  ])('makes no hello for %s', async (_, wish) => {
    const good = { model: MODEL, ttlSeconds: 60, hosts: [appraised(makeHost().keyset)] }
    await expect(createHello({ ...good, ...wish }, NOW)).rejects.toThrow(TypeError)
  })
})

describe('a host', () => {
  it('gives no leg a longer life than was asked for, its keyset’s, or its own limit', async () => {
    const host = makeHost()
    using client = await createHello({ model: MODEL, ttlSeconds: 600, hosts: [appraised(host.keyset)] }, NOW)
    const lives = [host, { ...host, maxNotAfter: NOW + 9 }, { ...host, now: host.keyset.notAfter - 4 }]
    const ends = await Promise.all(lives.map(async (keys) => (await acceptHello(client.message, keys)).leg.notAfter))
    expect(ends).toEqual([NOW + 600, NOW + 9, host.keyset.notAfter])
  })

  it('answers nothing once its keyset has lapsed', async () => {
    const host = makeHost()
    using client = await createHello({ model: MODEL, ttlSeconds: 60, hosts: [appraised(host.keyset)] }, NOW)
    const late = { ...host, now: host.keyset.notAfter }
    expect(await refusalOf(() => acceptHello(client.message, late))).toBe('KEYSET_LAPSED')
  })
})

async function agree(count: number, payer?: Payer, notAfters: readonly number[] = []) {
  const keys = Array.from({ length: count }, makeHost)
  const hosts = keys.map(({ keyset }, i) => appraised(keyset, notAfters[i]))
  using client = await createHello({ model: MODEL, ttlSeconds: 3600, hosts, ...(payer && { payer }) }, NOW)
  const answers = await Promise.all(keys.map((key) => acceptHello(client.message, key)))
  let n = 0
  return {
    client: await Promise.all(answers.map(({ message }) => client.receiveAccept(message, NOW))),
    hosts: answers.map(({ leg }) => leg),
    nextN: () => n++
  }
}

function makeHost(): HostKeys {
  const seed = randomBytes(32)
  const sessionKey = ed25519PrivateKey(seed)
  const keyset = parseKeyset(
    encodeKeyset({
      epoch: randomBytes(16),
      subject: `bombyx:host:${'0'.repeat(32)}`,
      model: { id: MODEL, engine: 'vllm', weights: randomBytes(32) },
      notAfter: NOW + 86_400,
      sessionKeys: [{ keyId: 's1', publicKey: ed25519PublicBytes(sessionKey) }],
      receiptKeys: [{ keyId: 'r1', publicKey: randomBytes(32) }],
      gpus: [],
      switches: [],
      tlsKeys: []
    })
  )
  const prices = { prompt: 1n, cached: 1n, completion: 1n, reasoning: 1n }
  return { keyset, sessionKey, prices, replayWindow: 64, now: NOW, maxNotAfter: NOW + 86_400 }
}

function wishOf(n: number): RequestWish {
  const affinity = new Uint8Array(8)
  return { n, stream: false, deadline: NOW + 60, outputLimit: 0, cadenceMs: 0, maxPrice: 0n, affinity, model: MODEL }
}

function contentOf(parts: readonly BhttpResponsePart[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : [])))
}
