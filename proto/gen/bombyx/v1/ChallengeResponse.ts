// Original file: bombyx/v1/registry.proto


/**
 * The preimage of the nonce: SHA-256("bombyx/challenge/v1" ‖ random ‖ i32 network ‖ u32 seqno ‖ root_hash ‖ u32 gen_utime).
 */
export interface ChallengeResponse {
  'random'?: (Buffer | Uint8Array | string);
  /**
   * TON's global id; 0 where there is no beacon, and then the next three are 0 as well.
   */
  'network'?: (number);
  'seqno'?: (number);
  'rootHash'?: (Buffer | Uint8Array | string);
  'genUtime'?: (number);
}

/**
 * The preimage of the nonce: SHA-256("bombyx/challenge/v1" ‖ random ‖ i32 network ‖ u32 seqno ‖ root_hash ‖ u32 gen_utime).
 */
export interface ChallengeResponse__Output {
  'random': (Buffer);
  /**
   * TON's global id; 0 where there is no beacon, and then the next three are 0 as well.
   */
  'network': (number);
  'seqno': (number);
  'rootHash': (Buffer);
  'genUtime': (number);
}
