import type { PrivateKey } from '../crypto.ts'
import type { Keyset } from './keyset.ts'
import type { HostLeg, LegSecret, Prices } from './leg.ts'

/** `Hello` of the gRPC service. */
export interface HelloMessage {
  readonly hello: Uint8Array
  /** 64 bytes, or empty when the hello names no payer. */
  readonly payerSignature: Uint8Array
}

/** `Accept` of the gRPC service. */
export interface AcceptMessage {
  readonly accept: Uint8Array
  readonly signature: Uint8Array
}

/** Who pays: the escrow account and the key that signs its vouchers. */
export interface Payer {
  /** i8 workchain ‖ hash, 33 bytes. */
  readonly escrow: Uint8Array
  readonly voucherKey: PrivateKey
}

/** What the handshake needs of an appraised host; `appraiseBundle` alone makes one. */
export interface AppraisedHostLike {
  readonly keyset: Keyset
  readonly keysetDigest: Uint8Array
  /** Unix seconds until which the evidence stands. */
  readonly notAfter: number
}

export interface SessionWish<H extends AppraisedHostLike> {
  readonly model: string
  /** 1..3600. */
  readonly ttlSeconds: number
  /** 1..8, of distinct keysets. */
  readonly hosts: readonly H[]
  readonly payer?: Payer
}

/** The client's half of a session with one host. */
export interface ClientLeg<H extends AppraisedHostLike = AppraisedHostLike> {
  readonly sessionId: Uint8Array
  readonly digest: Uint8Array
  readonly notAfter: number
  readonly replayWindow: number
  readonly prices: Prices
  readonly host: H
  readonly secret: LegSecret
  [Symbol.dispose](): void
}

/** A hello that waits for its answers; dispose after the last one, or after 10 s: it erases the ephemeral key. */
export interface ClientHandshake<H extends AppraisedHostLike = AppraisedHostLike> {
  readonly message: HelloMessage
  /** 16 bytes. */
  readonly sessionId: Uint8Array
  /** Checks one host's answer in the protocol's order. Refuses with ACCEPT_MALFORMED, KEYSET_LAPSED or ACCEPT_REFUSED. */
  receiveAccept(message: AcceptMessage, now: number): Promise<ClientLeg<H>>
  [Symbol.dispose](): void
}

/** What a host answers hellos with. */
export interface HostKeys {
  readonly keyset: Keyset
  readonly sessionKey: PrivateKey
  readonly prices: Prices
  /** 64..65536. */
  readonly replayWindow: number
  /** Unix seconds, from a clock that never runs behind the monotonic one. */
  readonly now: number
  /** Unix seconds: no leg outlives it. */
  readonly maxNotAfter: number
}

/** Makes a fresh ephemeral key and the hello that offers it to the hosts; `now` is unix seconds. */
export function createHello<H extends AppraisedHostLike>(
  wish: SessionWish<H>,
  now: number
): Promise<ClientHandshake<H>> {
  return Promise.reject(new TypeError(`not yet ${wish.model} ${now}`))
}

/** Answers a hello as one host. Refuses with HELLO_MALFORMED or HELLO_REFUSED. */
export function acceptHello(
  message: HelloMessage,
  host: HostKeys
): Promise<{ readonly message: AcceptMessage; readonly leg: HostLeg }> {
  return Promise.reject(new TypeError(`not yet ${message.hello.length} ${host.now}`))
}
