// Original file: bombyx/v1/directory.proto


export interface Delisted {
  'keysetDigest'?: (Buffer | Uint8Array | string);
  /**
   * `lapsed`, `quarantined`, `replaced` or `withdrawn`. A replaced keyset keeps its link for requests in flight.
   */
  'reason'?: (string);
}

export interface Delisted__Output {
  'keysetDigest': (Buffer);
  /**
   * `lapsed`, `quarantined`, `replaced` or `withdrawn`. A replaced keyset keeps its link for requests in flight.
   */
  'reason': (string);
}
