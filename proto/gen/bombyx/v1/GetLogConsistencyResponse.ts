// Original file: bombyx/v1/relay.proto


export interface GetLogConsistencyResponse {
  /**
   * RFC 6962 order, 32 bytes each.
   */
  'hashes'?: (Buffer | Uint8Array | string)[];
}

export interface GetLogConsistencyResponse__Output {
  /**
   * RFC 6962 order, 32 bytes each.
   */
  'hashes': (Buffer)[];
}
