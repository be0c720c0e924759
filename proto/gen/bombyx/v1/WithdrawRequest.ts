// Original file: bombyx/v1/registry.proto


export interface WithdrawRequest {
  /**
   * SHA-256 of the keyset's bytes.
   */
  'keysetDigest'?: (Buffer | Uint8Array | string);
  /**
   * Ed25519 by the session key over "bombyx/withdraw/v1" ‖ keyset digest.
   */
  'signature'?: (Buffer | Uint8Array | string);
}

export interface WithdrawRequest__Output {
  /**
   * SHA-256 of the keyset's bytes.
   */
  'keysetDigest': (Buffer);
  /**
   * Ed25519 by the session key over "bombyx/withdraw/v1" ‖ keyset digest.
   */
  'signature': (Buffer);
}
