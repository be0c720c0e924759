// Original file: bombyx/v1/metering.proto


export interface UsageStatement {
  /**
   * JCS, signed by the keyset's receipt key.
   */
  'statement'?: (Buffer | Uint8Array | string);
  /**
   * The keyset that its digest names.
   */
  'keyset'?: (Buffer | Uint8Array | string);
}

export interface UsageStatement__Output {
  /**
   * JCS, signed by the keyset's receipt key.
   */
  'statement': (Buffer);
  /**
   * The keyset that its digest names.
   */
  'keyset': (Buffer);
}
