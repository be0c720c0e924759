// Original file: bombyx/v1/market.proto


export interface CreateLoginResponse {
  'payload'?: (string);
  /**
   * What the wallet shows its owner, and signs.
   */
  'domain'?: (string);
}

export interface CreateLoginResponse__Output {
  'payload': (string);
  /**
   * What the wallet shows its owner, and signs.
   */
  'domain': (string);
}
