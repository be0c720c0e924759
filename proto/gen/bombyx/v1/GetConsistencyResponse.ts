// Original file: bombyx/v1/log.proto


export interface GetConsistencyResponse {
  /**
   * RFC 6962 order, 32 bytes each.
   */
  'hashes'?: (Buffer | Uint8Array | string)[];
  /**
   * The newest head, a signed note, of whatever size.
   */
  'checkpoint'?: (Buffer | Uint8Array | string);
}

export interface GetConsistencyResponse__Output {
  /**
   * RFC 6962 order, 32 bytes each.
   */
  'hashes': (Buffer)[];
  /**
   * The newest head, a signed note, of whatever size.
   */
  'checkpoint': (Buffer);
}
