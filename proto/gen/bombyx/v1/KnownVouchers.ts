// Original file: bombyx/v1/host_session.proto


export interface KnownVouchers {
  /**
   * 191 bytes each.
   */
  'vouchers'?: (Buffer | Uint8Array | string)[];
}

export interface KnownVouchers__Output {
  /**
   * 191 bytes each.
   */
  'vouchers': (Buffer)[];
}
