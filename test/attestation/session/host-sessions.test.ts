import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey } from '../../../attestation/crypto.ts'
import { createHello, type HostKeys } from '../../../attestation/session/handshake.ts'
import { HostSessions } from '../../../attestation/session/host-sessions.ts'
import { refusalOf } from './alteration.ts'
import { readOwnConversations } from './conversation.ts'
import { appraised, bytes, keysetOf, pricesOf } from './replay.ts'

const conversations = readOwnConversations()
const { now } = conversations.time
const host = conversations.hosts[0]!
const keys: HostKeys = {
  keyset: keysetOf(host),
  sessionKey: ed25519PrivateKey(bytes(host.session_seed)),
  prices: pricesOf(conversations.sessions[0]!.accepts[0]!.fields.price),
  replayWindow: 64,
  now,
  maxNotAfter: now + 3600
}

describe('a host’s sessions', () => {
  it('answer the same hello with the same accept while its leg lives, at the same time too', async () => {
    using sessions = new HostSessions(8)
    using client = await hello()
    const [first, second] = await Promise.all([
      sessions.accept(client.message, keys),
      sessions.accept(client.message, keys)
    ])
    expect(second).toEqual(first)
    expect(await sessions.accept(client.message, { ...keys, now: now + 1 })).toEqual(first)
    expect(sessions.size).toBe(1)
  })

  it('answer it anew once its leg has ended', async () => {
    using sessions = new HostSessions(8)
    using client = await hello(60)
    const first = await sessions.accept(client.message, keys)
    const second = await sessions.accept(client.message, { ...keys, now: now + 60 })
    expect(second).not.toEqual(first)
  })

  it('refuse the same hello beside another payer’s signature', async () => {
    using sessions = new HostSessions(8)
    using client = await hello()
    await sessions.accept(client.message, keys)
    const other = { ...client.message, payerSignature: new Uint8Array(64) }
    expect(await refusalOf(() => sessions.accept(other, keys))).toBe('HELLO_REFUSED')
  })

  it('keep nothing of a hello that was refused', async () => {
    using sessions = new HostSessions(8)
    using client = await hello()
    const refusing = { ...keys, maxNotAfter: now }
    expect(await refusalOf(() => sessions.accept(client.message, refusing))).toBe('KEYSET_LAPSED')
    expect(sessions.size).toBe(0)
    await sessions.accept(client.message, keys)
  })

  it('find a live leg, and say why there is none', async () => {
    using sessions = new HostSessions(8)
    using client = await hello(60)
    await sessions.accept(client.message, keys)
    const { digest } = keys.keyset
    expect(sessions.find(client.sessionId, digest, now + 59).sessionId).toEqual(client.sessionId)
    expect(await refusalOf(() => sessions.find(client.sessionId, digest, now + 60))).toBe('SESSION_EXPIRED')
    expect(await refusalOf(() => sessions.find(client.sessionId, new Uint8Array(32), now))).toBe('SESSION_UNKNOWN')
    expect(await refusalOf(() => sessions.find(new Uint8Array(16), digest, now))).toBe('SESSION_UNKNOWN')
  })

  it('erase the legs that have ended, and those of a keyset that is dropped', async () => {
    using sessions = new HostSessions(8)
    using client = await hello(60)
    await sessions.accept(client.message, keys)
    const leg = sessions.find(client.sessionId, keys.keyset.digest, now)
    sessions.sweep(now + 59)
    expect(sessions.size).toBe(1)
    sessions.sweep(now + 60)
    expect(sessions.size).toBe(0)
    expect(await refusalOf(() => leg.secret.wrapKey(new Uint8Array(32)))).toBe('SESSION_EXPIRED')
    await sessions.accept(client.message, keys)
    sessions.drop(new Uint8Array(32))
    expect(sessions.size).toBe(1)
    sessions.drop(keys.keyset.digest)
    expect(sessions.size).toBe(0)
  })

  it('erase a leg that was dropped while it was made', async () => {
    const sessions = new HostSessions(8)
    using client = await hello()
    const answer = sessions.accept(client.message, keys)
    sessions[Symbol.dispose]()
    await answer
    expect(await refusalOf(() => sessions.find(client.sessionId, keys.keyset.digest, now))).toBe('SESSION_UNKNOWN')
  })

  it('are no more than they may be, and ended ones make room', async () => {
    using sessions = new HostSessions(1)
    using first = await hello(60)
    using second = await hello(60)
    await sessions.accept(first.message, keys)
    expect(await refusalOf(() => sessions.accept(second.message, keys))).toBe('NO_CAPACITY')
    await sessions.accept(second.message, { ...keys, now: now + 60 })
    expect(sessions.size).toBe(1)
  })
})

function hello(ttlSeconds = 600) {
  return createHello({ model: keys.keyset.model.id, ttlSeconds, hosts: [appraised(keys.keyset)] }, now)
}
