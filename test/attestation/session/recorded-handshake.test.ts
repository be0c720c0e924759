import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { decodeUtf8, encodeHex as hex, lengthPrefixed } from '../../../attestation/encoding.ts'
import { encodeAccept, parseAccept } from '../../../attestation/session/accept.ts'
import { cacheSalt } from '../../../attestation/session/cache-salt.ts'
import { writeChunkNonce } from '../../../attestation/session/chunk-stream.ts'
import { encodeHello, parseHello } from '../../../attestation/session/hello.ts'
import * as schedule from '../../../attestation/session/key-schedule.ts'
import {
  challengeNonce,
  encodeChallenge,
  encodeKeyset,
  gpuNonce,
  keysetDigestText,
  reportData,
  reportDataStatement
} from '../../../attestation/session/keyset.ts'
import { paddedSize } from '../../../attestation/session/padding.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { eachSource } from './conversation.ts'
import { acceptMessageOf, answerOf, bytes, clientOf, ephemeralKeyOf, keysetOf, pricesOf } from './replay.ts'

eachSource((conversations) => {
  const { sessions } = conversations

  describe.each(conversations.hosts)('identity of $name', (host) => {
    it('writes the keyset it was read from, and hashes those bytes', () => {
      const keyset = keysetOf(host)
      expect(hex(encodeKeyset(keyset))).toBe(host.keyset_bytes)
      expect(hex(keyset.digest)).toBe(host.digest)
      expect(keysetDigestText(keyset.digest)).toBe(host.keyset_digest)
      expect(hex(keyset.epoch)).toBe(host.epoch)
    })

    it('names the public halves of its keys', () => {
      const keyset = keysetOf(host)
      const [session, receipt] = [keyset.sessionKeys[0]!.publicKey, keyset.receiptKeys[0]!.publicKey]
      expect(hex(ed25519PublicBytes(ed25519PrivateKey(bytes(host.session_seed))))).toBe(hex(session))
      expect(hex(ed25519PublicBytes(ed25519PrivateKey(bytes(host.receipt_seed))))).toBe(hex(receipt))
      expect([hex(session), hex(receipt)]).toEqual([host.session_public_key, host.receipt_public_key])
    })

    it('derives nonce, report data and GPU nonce from its challenge', () => {
      const { random, network, seqno, root_hash, gen_utime, preimage, nonce } = host.challenge
      const challenge = { random: bytes(random), network, seqno, rootHash: bytes(root_hash), genUtime: gen_utime }
      expect(hex(encodeChallenge(challenge))).toBe(preimage)
      expect(hex(challengeNonce(challenge))).toBe(nonce)
      const digest = bytes(host.digest)
      expect(decodeUtf8(reportDataStatement(digest, bytes(nonce)))).toBe(host.statement_utf8)
      expect(hex(reportData(digest, bytes(nonce)))).toBe(host.report_data)
      expect(hex(gpuNonce(digest, bytes(nonce)))).toBe(host.gpu_nonce)
    })
  })

  describe.each(sessions)('session $name: handshake', (session) => {
    it('writes the hello of its seeds, and reads it back', async () => {
      using client = await clientOf(conversations, session)
      expect(hex(client.message.hello)).toBe(session.hello.hello)
      expect(hex(client.message.payerSignature)).toBe(session.hello.payer_signature ?? '')
      expect(hex(client.sessionId)).toBe(session.hello.session_id)
      expect(hex(encodeHello(parseHello(client.message.hello)))).toBe(session.hello.hello)
      const { hello, payerSignature } = client.message
      const set = payerSignature.byteLength === 0 ? { hello } : { hello, payerSignature }
      const grpc = bombyxV1.Relay.service.OpenSession.requestSerialize(set)
      expect(hex(grpc)).toBe(session.hello.grpc_message)
    })

    it('derives th0, the tenant’s pseudonym and what HPKE and the payer are bound to', () => {
      const th0 = schedule.helloHash(bytes(session.hello.hello))
      expect(hex(th0)).toBe(session.hello.th0)
      expect(hex(schedule.hpkeInfo(th0))).toBe(session.hpke_info)
      const voucherKey = parseHello(bytes(session.hello.hello)).payer?.voucherKey
      const tenant = schedule.tenantPseudonym(voucherKey ?? schedule.sessionIdOf(th0))
      expect(hex(tenant)).toBe(session.hello.tenant_pseudonym)
      const signed = session.hello.payer_signed_message
      if (signed !== undefined) expect(hex(schedule.payerMessage(th0))).toBe(signed)
    })

    it.each(session.accepts)('answers as $host did, with its enc', (accept) => {
      const { message, leg } = answerOf(conversations, session, accept)
      expect(hex(message.accept)).toBe(accept.accept)
      expect(hex(message.signature)).toBe(accept.signature)
      expect(hex(encodeAccept(parseAccept(message.accept)))).toBe(accept.accept)
      expect(hex(leg.tenant)).toBe(session.hello.tenant_pseudonym)
      const grpc = bombyxV1.Relay.service.OpenSession.responseSerialize({ accept: message, event: 'accept' })
      expect(hex(grpc).endsWith(accept.grpc_message)).toBe(true)
    })

    it.each(session.accepts)('decapsulates the secret of $host and derives its leg', async (accept) => {
      using key = await ephemeralKeyOf(session)
      const th0 = bytes(session.hello.th0)
      expect(hex(await key.receive(bytes(accept.fields.enc), th0))).toBe(accept.ss)
      const th1 = schedule.acceptHash(th0, bytes(accept.accept))
      expect(hex(th1)).toBe(accept.th1)
      expect(hex(schedule.acceptMessage(th1))).toBe(accept.signed_message)
      expect(hex(schedule.legSecret(th1, bytes(accept.ss)))).toBe(accept.leg)
    })

    it('accepts every answer as the client', async () => {
      using client = await clientOf(conversations, session)
      for (const accept of session.accepts) {
        const leg = await client.receiveAccept(acceptMessageOf(accept), conversations.time.now)
        expect(hex(leg.digest)).toBe(accept.fields.digest)
        expect(leg.notAfter).toBe(accept.fields.not_after)
        expect(leg.prices).toEqual(pricesOf(accept.fields.price))
      }
    })
  })

  it('makes the cache salts of the three scopes', () => {
    const { guest_random, session_scope, tenant_scope, no_payer } = conversations.cache_salt
    const [payer, none] = [sessions[0]!.hello, sessions[1]!.hello]
    const [tenant, sessionId] = [bytes(payer.tenant_pseudonym), bytes(payer.session_id)]
    const guest = bytes(guest_random)
    expect(cacheSalt(guest, { kind: 'session', tenant, sessionId })).toBe(session_scope.value)
    expect(cacheSalt(guest, { kind: 'tenant', tenant })).toBe(tenant_scope.value)
    const alone = {
      kind: 'session',
      tenant: bytes(none.tenant_pseudonym),
      sessionId: bytes(none.session_id)
    } as const
    expect(cacheSalt(guest, alone)).toBe(no_payer.value)
  })

  it.each(conversations.nonce_examples)('makes the nonce of chunk $j', ({ iv, j, nonce }) => {
    const made = new Uint8Array(12)
    writeChunkNonce(made, bytes(iv), j)
    expect(hex(made)).toBe(nonce)
  })

  it.each(conversations.lp_examples)('prefixes $x with its length', ({ x, lp }) => {
    expect(hex(lengthPrefixed(bytes(x)))).toBe(lp)
  })

  it.each(conversations.padding)('pads $length bytes to $padded', ({ length, padded }) => {
    expect(paddedSize(length)).toBe(padded)
  })
})
