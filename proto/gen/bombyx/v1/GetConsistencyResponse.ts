// Original file: bombyx/v1/log.proto


export interface GetConsistencyResponse {
  /**
   * RFC 6962 order, 32 bytes each.
   */
  'hashes'?: (Buffer | Uint8Array | string)[];
  /**
   * The newer head: a signed note.
   */
  'checkpoint'?: (Buffer | Uint8Array | string);
}

export interface GetConsistencyResponse__Output {
  /**
   * RFC 6962 order, 32 bytes each.
   */
  'hashes': (Buffer)[];
  /**
   * The newer head: a signed note.
   */
  'checkpoint': (Buffer);
}
