// Original file: bombyx/v1/market.proto


export interface GetUsageProofRequest {
  /**
   * SHA-256 of the statement's bytes.
   */
  'statementHash'?: (Buffer | Uint8Array | string);
}

export interface GetUsageProofRequest__Output {
  /**
   * SHA-256 of the statement's bytes.
   */
  'statementHash': (Buffer);
}
