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
  /**
   * Of the API key whose session it is of, 16 bytes, as the relay knows it; empty where it knows none.
   */
  'keyId'?: (Buffer | Uint8Array | string);
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
  /**
   * Of the API key whose session it is of, 16 bytes, as the relay knows it; empty where it knows none.
   */
  'keyId': (Buffer);
}
