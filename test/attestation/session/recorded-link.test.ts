import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, signEd25519, verifyEd25519 } from '../../../attestation/crypto.ts'
import { concatBytes, encodeUtf8, encodeHex as hex } from '../../../attestation/encoding.ts'
import { encodeFrame, parseFrames } from '../../../attestation/session/frames.ts'
import {
  encodeClientLinkHello,
  encodeHostLinkHello,
  encodeRelayLinkHello,
  linkHelloMessage,
  parseClientLinkHello,
  parseHostLinkHello,
  parseRelayLinkHello
} from '../../../attestation/session/link-hello.ts'
import { decodeBatch, encodeBatch } from '../../../proto/link.ts'
import { eachSource } from './conversation.ts'
import { bytes, keysetOf } from './replay.ts'

eachSource(({ link, sessions, hosts }) => {
  const session = sessions[0]!
  const response = session.responses[0]!
  const host = hosts.find((one) => one.name === response.host)!
  const [hostStream, clientStream] = [link.host_link_stream, link.client_link_stream]
  const limits = { mostStreams: link.limits.most_streams, mostBatchBytes: link.limits.most_batch_bytes }
  const accept = { kind: 'accept', digest: bytes(host.digest), salt: bytes(response.salt) } as const
  const wraps = session.request.wraps.map(({ digest, wrap }) => ({ digest: bytes(digest), wrap: bytes(wrap) }))
  const open = { kind: 'open', meta: bytes(session.request.meta) } as const
  const chosen = wraps.filter(({ digest }) => hex(digest) === host.digest)
  const usage = { kind: 'usage', stream: 0, statement: encodeUtf8(response.usage_statement_utf8), seq: 1 } as const
  const { host_to_relay, relay_to_host, client_to_relay, relay_to_client } = link

  it.each([
    ['slots', host_to_relay, { kind: 'slots', stream: 0, ...link.slots }],
    ['open', relay_to_host, { ...open, stream: hostStream, candidates: chosen }],
    ['open', client_to_relay, { ...open, stream: clientStream, candidates: wraps }],
    ['data_0', relay_to_host, { kind: 'data', stream: hostStream, chunk: bytes(session.request.chunks[0]!) }],
    ['final_2', relay_to_host, { kind: 'final', stream: hostStream, chunk: bytes(session.request.chunks[2]!) }],
    ['credit', relay_to_host, { kind: 'credit', stream: hostStream, bytes: 65536 }],
    ['ack', relay_to_host, { kind: 'ack', stream: 0, seq: 1 }],
    ['accept', host_to_relay, { ...accept, stream: hostStream }],
    ['accept', relay_to_client, { ...accept, stream: clientStream }],
    ['data_1', host_to_relay, { kind: 'data', stream: hostStream, chunk: bytes(response.chunks[1]!) }],
    ['final_3', host_to_relay, { kind: 'final', stream: hostStream, chunk: bytes(response.chunks[3]!) }],
    ['usage', host_to_relay, usage],
    ['usage', relay_to_client, usage],
    ['goaway', host_to_relay, { kind: 'goaway', stream: 0, code: link.codes.goaway }],
    ['reset', client_to_relay, { kind: 'reset', stream: clientStream, code: link.codes.reset }]
  ] as const)('writes %s from its fields', (name, batch, frame) => {
    expect(hex(encodeFrame(frame))).toBe(batch.frames[name])
    expect(parseFrames(bytes(batch.frames[name]!))).toEqual([frame])
  })

  describe.each(Object.entries({ relay_to_host, host_to_relay, client_to_relay, relay_to_client }))(
    '%s',
    (_, batch) => {
      it('is read to its last byte and written the same', () => {
        const frames = parseFrames(bytes(batch.batch))
        expect(frames.map(encodeFrame).map(hex)).toEqual(Object.values(batch.frames))
        expect(hex(concatBytes(...frames.map(encodeFrame)))).toBe(batch.batch)
        expect(hex(encodeBatch(bytes(batch.batch)))).toBe(batch.grpc_message)
        expect(hex(decodeBatch(bytes(batch.grpc_message)))).toBe(batch.batch)
      })
    }
  )

  it('says HELLO as relay, to a host and to a client', () => {
    for (const [nonce, batch] of [
      [link.relay_nonce, relay_to_host],
      [link.client_relay_nonce, relay_to_client]
    ] as const) {
      const payload = encodeRelayLinkHello({ nonce: bytes(nonce), ...limits })
      expect(hex(encodeFrame({ kind: 'hello', stream: 0, payload }))).toBe(batch.frames['hello'])
      expect(parseRelayLinkHello(payload)).toEqual({ nonce: bytes(nonce), ...limits })
    }
  })

  it('says HELLO as host, signed for the relay that it dialled', () => {
    const message = linkHelloMessage(link.relay_authority, bytes(host.digest), bytes(link.relay_nonce))
    expect(hex(message)).toBe(link.hello_signed_message)
    const signature = signEd25519(ed25519PrivateKey(bytes(host.session_seed)), message)
    expect(hex(signature)).toBe(link.hello_signature)
    expect(verifyEd25519(keysetOf(host).sessionKeys[0]!.publicKey, message, signature)).toBe(true)
    const payload = encodeHostLinkHello({ digest: bytes(host.digest), signature })
    expect(hex(encodeFrame({ kind: 'hello', stream: 0, payload }))).toBe(host_to_relay.frames['hello'])
    expect(parseHostLinkHello(payload)).toEqual({ digest: bytes(host.digest), signature })
  })

  it('says HELLO as client, with its credential', () => {
    const payload = encodeClientLinkHello(bytes(link.credential))
    expect(hex(encodeFrame({ kind: 'hello', stream: 0, payload }))).toBe(client_to_relay.frames['hello'])
    expect(parseClientLinkHello(payload)).toEqual(bytes(link.credential))
  })
})
