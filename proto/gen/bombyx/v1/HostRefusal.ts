// Original file: bombyx/v1/relay.proto


export interface HostRefusal {
  'keysetDigest'?: (Buffer | Uint8Array | string);
  /**
   * A session code's number; a hint, no more.
   */
  'code'?: (number);
}

export interface HostRefusal__Output {
  'keysetDigest': (Buffer);
  /**
   * A session code's number; a hint, no more.
   */
  'code': (number);
}
