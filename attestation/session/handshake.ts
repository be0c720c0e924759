export {
  type ClientHandshake,
  type ClientLeg,
  createHello,
  type Payer,
  type SessionWish
} from './client-handshake.ts'
export { acceptHello, type HostKeys } from './host-handshake.ts'

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
