// Original file: bombyx/v1/log.proto


export interface GetProofResponse {
  /**
   * c2sp.org/tlog-proof@v1.
   */
  'proof'?: (Buffer | Uint8Array | string);
}

export interface GetProofResponse__Output {
  /**
   * c2sp.org/tlog-proof@v1.
   */
  'proof': (Buffer);
}
