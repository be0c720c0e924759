// Original file: bombyx/v1/types.proto


/**
 * One host's answer to a hello.
 */
export interface Accept {
  'accept'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
}

/**
 * One host's answer to a hello.
 */
export interface Accept__Output {
  'accept': (Buffer);
  'signature': (Buffer);
}
