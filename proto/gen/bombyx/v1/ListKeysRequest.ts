// Original file: bombyx/v1/market.proto


export interface ListKeysRequest {
  /**
   * Empty: all that the caller may see.
   */
  'organisation'?: (string);
}

export interface ListKeysRequest__Output {
  /**
   * Empty: all that the caller may see.
   */
  'organisation': (string);
}
