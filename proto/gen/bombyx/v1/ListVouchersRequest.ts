// Original file: bombyx/v1/payment.proto


export interface ListVouchersRequest {
  /**
   * One of the two, 32 bytes.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  'payee'?: (Buffer | Uint8Array | string);
}

export interface ListVouchersRequest__Output {
  /**
   * One of the two, 32 bytes.
   */
  'escrow': (Buffer);
  'payee': (Buffer);
}
