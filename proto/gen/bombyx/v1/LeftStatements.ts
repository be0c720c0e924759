// Original file: bombyx/v1/host_session.proto


/**
 * Usage statements that an earlier start of the host signed and that no relay has said are stored. The next ones come after the
 * LeftWord for these.
 */
export interface LeftStatements {
  /**
   * That signed them all.
   */
  'keyset'?: (Buffer | Uint8Array | string);
  /**
   * JCS, as they were signed; at most 64, of 4096 bytes at most.
   */
  'statements'?: (Buffer | Uint8Array | string)[];
}

/**
 * Usage statements that an earlier start of the host signed and that no relay has said are stored. The next ones come after the
 * LeftWord for these.
 */
export interface LeftStatements__Output {
  /**
   * That signed them all.
   */
  'keyset': (Buffer);
  /**
   * JCS, as they were signed; at most 64, of 4096 bytes at most.
   */
  'statements': (Buffer)[];
}
