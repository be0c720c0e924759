// Original file: bombyx/v1/payment.proto

import type { Long } from '@grpc/proto-loader';

export interface StoredVoucher {
  /**
   * 191 bytes.
   */
  'voucher'?: (Buffer | Uint8Array | string);
  /**
   * nanoTON, by the last look at the chain.
   */
  'reserved'?: (number | string | Long);
  'paid'?: (number | string | Long);
}

export interface StoredVoucher__Output {
  /**
   * 191 bytes.
   */
  'voucher': (Buffer);
  /**
   * nanoTON, by the last look at the chain.
   */
  'reserved': (string);
  'paid': (string);
}
