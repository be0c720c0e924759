// Original file: bombyx/v1/types.proto


/**
 * One message of the handshake from a client, as `bombyx-session/1` lays it out.
 */
export interface Hello {
  'hello'?: (Buffer | Uint8Array | string);
  /**
   * Ed25519 by the voucher key; empty exactly when the hello names no payer.
   */
  'payerSignature'?: (Buffer | Uint8Array | string);
}

/**
 * One message of the handshake from a client, as `bombyx-session/1` lays it out.
 */
export interface Hello__Output {
  'hello': (Buffer);
  /**
   * Ed25519 by the voucher key; empty exactly when the hello names no payer.
   */
  'payerSignature': (Buffer);
}
