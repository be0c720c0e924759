import { ed25519PrivateKey, signEd25519 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, encodeHex as hex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodeFrame, type Frame } from '../../../attestation/session/frames.ts'
import { encodeClientLinkHello, encodeHostLinkHello, encodeRelayLinkHello, linkHelloMessage } from '../../../attestation/session/link-hello.ts'
import { encodeBatch } from '../../../proto/link.ts'
import type { Conversations, RecordedHost, RecordedSession } from '../../attestation/session/conversation.ts'
import { seed } from './seeds.ts'

const AUTHORITY = 'relay.example:8443'
const LIMITS = { mostStreams: 256, mostBatchBytes: 65_536 }
const SLOTS = { free: 3, total: 8 }
const [HOST_STREAM, CLIENT_STREAM] = [4, 3]

/** The frames that carry a session's first answer, each direction of both links in one batch. */
export function recordLink(hosts: readonly RecordedHost[], session: RecordedSession): Conversations['link'] {
  const response = session.responses[0] as RecordedSession['responses'][number]
  const host = hosts.find((one) => one.name === response.host) as RecordedHost
  const [nonce, clientNonce, credential] = [seed('relay nonce'), seed('client relay nonce'), seed('credential')]
  const digest = decodeHex(host.digest)
  const message = linkHelloMessage(AUTHORITY, digest, nonce)
  const signature = signEd25519(ed25519PrivateKey(decodeHex(host.session_seed)), message)
  const wraps = session.request.wraps.map((one) => ({ digest: decodeHex(one.digest), wrap: decodeHex(one.wrap) }))
  const meta = decodeHex(session.request.meta)
  const chosen = wraps.filter((one) => hex(one.digest) === host.digest)
  const hello = (payload: Uint8Array): Frame => ({ kind: 'hello', stream: 0, payload })
  const accept = { kind: 'accept', digest, salt: decodeHex(response.salt) } as const
  const usage: Frame = { kind: 'usage', stream: 0, seq: 1, statement: encodeUtf8(response.usage_statement_utf8) }
  const ping = seed('ping').slice(0, 8)
  return {
    relay_authority: AUTHORITY,
    relay_nonce: hex(nonce),
    client_relay_nonce: hex(clientNonce),
    credential: hex(credential),
    limits: { most_streams: LIMITS.mostStreams, most_batch_bytes: LIMITS.mostBatchBytes },
    slots: SLOTS,
    codes: { reset: 10, goaway: 0 },
    host_link_stream: HOST_STREAM,
    client_link_stream: CLIENT_STREAM,
    hello_signed_message: hex(message),
    hello_signature: hex(signature),
    relay_to_host: batch({
      hello: hello(encodeRelayLinkHello({ nonce, ...LIMITS })),
      open: { kind: 'open', stream: HOST_STREAM, meta, candidates: chosen },
      ...chunks(session.request.chunks, HOST_STREAM),
      credit: { kind: 'credit', stream: HOST_STREAM, bytes: 65_536 },
      ack: { kind: 'ack', stream: 0, seq: 1 },
      ping: { kind: 'ping', stream: 0, payload: ping }
    }),
    host_to_relay: batch({
      hello: hello(encodeHostLinkHello({ digest, signature })),
      slots: { kind: 'slots', stream: 0, ...SLOTS },
      accept: { ...accept, stream: HOST_STREAM },
      ...chunks(response.chunks, HOST_STREAM),
      usage,
      pong: { kind: 'pong', stream: 0, payload: ping },
      goaway: { kind: 'goaway', stream: 0, code: 0 }
    }),
    client_to_relay: batch({
      hello: hello(encodeClientLinkHello(credential)),
      open: { kind: 'open', stream: CLIENT_STREAM, meta, candidates: wraps },
      reset: { kind: 'reset', stream: CLIENT_STREAM, code: 10 }
    }),
    relay_to_client: batch({
      hello: hello(encodeRelayLinkHello({ nonce: clientNonce, ...LIMITS })),
      accept: { ...accept, stream: CLIENT_STREAM },
      usage
    })
  }
}

function chunks(sealed: readonly string[], stream: number): Readonly<Record<string, Frame>> {
  const last = sealed.length - 1
  return Object.fromEntries(
    sealed.map((chunk, j) => {
      const kind = j === last ? 'final' : 'data'
      return [`${kind}_${j}`, { kind, stream, chunk: decodeHex(chunk) } as const]
    })
  )
}

function batch(frames: Readonly<Record<string, Frame>>): Conversations['link']['relay_to_host'] {
  const encoded = Object.entries(frames).map(([name, frame]) => [name, encodeFrame(frame)] as const)
  const bytes = concatBytes(...encoded.map(([, frame]) => frame))
  return {
    frames: Object.fromEntries(encoded.map(([name, frame]) => [name, hex(frame)])),
    batch: hex(bytes),
    grpc_message: hex(encodeBatch(bytes))
  }
}
