// Original file: bombyx/v1/payment.proto


export interface ListVouchersRequest {
  /**
   * One of the two or both, 32 bytes each.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  'payee'?: (Buffer | Uint8Array | string);
}

export interface ListVouchersRequest__Output {
  /**
   * One of the two or both, 32 bytes each.
   */
  'escrow': (Buffer);
  'payee': (Buffer);
}
