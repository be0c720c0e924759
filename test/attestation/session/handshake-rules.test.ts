import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { acceptHello, createHello, type HostKeys } from '../../../attestation/session/handshake.ts'
import { refusalOf } from './alteration.ts'
import { readOwnConversations } from './conversation.ts'
import { appraised, bytes, keysetOf, pricesOf } from './replay.ts'

const conversations = readOwnConversations()
const { now } = conversations.time
const host = conversations.hosts[0]!
const keyset = keysetOf(host)
const keys: HostKeys = {
  keyset,
  sessionKey: ed25519PrivateKey(bytes(host.session_seed)),
  prices: pricesOf(conversations.sessions[0]!.accepts[0]!.fields.price),
  replayWindow: 64,
  now,
  maxNotAfter: now + 3600
}
const wish = { model: keyset.model.id, ttlSeconds: 600, hosts: [appraised(keyset)] }

describe('a host', () => {
  it('answers a hello for the model that it serves, and refuses one for another', async () => {
    using client = await createHello(wish, now)
    await acceptHello(client.message, keys)
    using other = await createHello({ ...wish, model: `${keyset.model.id}-other` }, now)
    expect(await refusalOf(() => acceptHello(other.message, keys))).toBe('HELLO_REFUSED')
  })

  it.each([
    ['a replay window under 64', { replayWindow: 63 }],
    ['a replay window over 65,536', { replayWindow: 65_537 }],
    ['a key that is not its keyset’s', { sessionKey: generateEd25519() }],
    ['a keyset without a session key', { keyset: { ...keyset, sessionKeys: [] } }],
    [
      'a keyset of two session keys',
      { keyset: { ...keyset, sessionKeys: [...keyset.sessionKeys, ...keyset.sessionKeys] } }
    ]
  ])('does not answer with %s', async (_, wrong) => {
    using client = await createHello(wish, now)
    await expect(acceptHello(client.message, { ...keys, ...wrong })).rejects.toThrow(TypeError)
  })
})

describe('a client', () => {
  it.each([
    ['no host', { hosts: [] }],
    ['nine hosts', { hosts: Array.from({ length: 9 }, () => appraised(keyset)) }],
    ['a host twice', { hosts: [appraised(keyset), appraised(keyset)] }],
    ['a life of no seconds', { ttlSeconds: 0 }],
    ['a life over an hour', { ttlSeconds: 3601 }],
    ['an escrow of 32 bytes', { payer: { escrow: randomBytes(32), voucherKey: generateEd25519() } }]
  ])('makes no hello with %s', async (_, wrong) => {
    await expect(createHello({ ...wish, ...wrong }, now)).rejects.toThrow(TypeError)
  })
})
