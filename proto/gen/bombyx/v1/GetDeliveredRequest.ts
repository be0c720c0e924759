// Original file: bombyx/v1/market.proto


export interface GetDeliveredRequest {
  /**
   * Empty: all that the caller may see.
   */
  'provider'?: (string);
}

export interface GetDeliveredRequest__Output {
  /**
   * Empty: all that the caller may see.
   */
  'provider': (string);
}
