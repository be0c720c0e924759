// Original file: bombyx/v1/verifier.proto


export interface AppraiseRequest {
  'bundle'?: (Buffer | Uint8Array | string);
  /**
   * The nonce that the asker gave out. The evidence must be over it.
   */
  'expectedNonce'?: (Buffer | Uint8Array | string);
}

export interface AppraiseRequest__Output {
  'bundle': (Buffer);
  /**
   * The nonce that the asker gave out. The evidence must be over it.
   */
  'expectedNonce': (Buffer);
}
