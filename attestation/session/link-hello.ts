import { ByteReader } from '../byte-reader.ts'
import { concatBytes, encodeUtf8, lengthPrefixed, uint8, uint32 } from '../encoding.ts'
import { MAX_BATCH } from './frame-header.ts'

const LABEL = encodeUtf8('bombyx/link-hello/v1')

/** A relay's first frame to whoever dialled it. */
export interface RelayLinkHello {
  /** 32 bytes. */
  readonly nonce: Uint8Array
  /** Most streams that the other side may have open. */
  readonly mostStreams: number
  /** Most bytes of a batch, at most 65536. */
  readonly mostBatchBytes: number
}

/** A host's answer to it. */
export interface HostLinkHello {
  /** The keyset's digest. */
  readonly digest: Uint8Array
  /** 64 bytes, over `linkHelloMessage`. */
  readonly signature: Uint8Array
}

export function encodeRelayLinkHello(hello: RelayLinkHello): Uint8Array {
  return concatBytes(uint8(1), hello.nonce, uint32(hello.mostStreams), uint32(hello.mostBatchBytes))
}

/** Refuses with FRAME_MALFORMED. */
export function parseRelayLinkHello(payload: Uint8Array): RelayLinkHello {
  const reader = helloReader(payload)
  const nonce = reader.bytes(32, 'nonce')
  const mostStreams = reader.uint32('most streams')
  const mostBatchBytes = reader.uint32('most batch bytes')
  if (mostBatchBytes > MAX_BATCH) throw reader.refuse(`batches of ${mostBatchBytes} bytes`)
  reader.end()
  return { nonce, mostStreams, mostBatchBytes }
}

export function encodeHostLinkHello(hello: HostLinkHello): Uint8Array {
  return concatBytes(uint8(1), hello.digest, hello.signature)
}

/** Refuses with FRAME_MALFORMED. The signature is the relay's to check. */
export function parseHostLinkHello(payload: Uint8Array): HostLinkHello {
  const reader = helloReader(payload)
  const hello = { digest: reader.bytes(32, 'digest'), signature: reader.bytes(64, 'signature') }
  reader.end()
  return hello
}

/** A client's answer to it: its credential, which may be empty. */
export function encodeClientLinkHello(credential: Uint8Array): Uint8Array {
  return concatBytes(uint8(1), lengthPrefixed(credential))
}

/** The credential. Refuses with FRAME_MALFORMED. */
export function parseClientLinkHello(payload: Uint8Array): Uint8Array {
  const reader = helloReader(payload)
  const credential = reader.bytes(reader.uint32('credential length'), 'credential')
  reader.end()
  return credential
}

/** What a host signs with its session key; `authority` is the relay's as the host dialled it, so no other relay can use it. */
export function linkHelloMessage(authority: string, digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concatBytes(LABEL, lengthPrefixed(encodeUtf8(authority)), digest, nonce)
}

function helloReader(payload: Uint8Array): ByteReader {
  const reader = new ByteReader(payload, 'FRAME_MALFORMED')
  if (reader.uint8('version') !== 1) throw reader.refuse('version is not 1')
  return reader
}
