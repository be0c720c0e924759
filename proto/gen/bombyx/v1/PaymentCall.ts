// Original file: bombyx/v1/host_session.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A voucher for the host, or without one the question how the payer stands.
 */
export interface PaymentCall {
  'callId'?: (number | string | Long);
  /**
   * 32 bytes.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  /**
   * 191 bytes, or none.
   */
  'voucher'?: (Buffer | Uint8Array | string);
  /**
   * nanoTON of the request that is meant; 0: any.
   */
  'maxPrice'?: (number | string | Long);
}

/**
 * A voucher for the host, or without one the question how the payer stands.
 */
export interface PaymentCall__Output {
  'callId': (string);
  /**
   * 32 bytes.
   */
  'escrow': (Buffer);
  /**
   * 191 bytes, or none.
   */
  'voucher': (Buffer);
  /**
   * nanoTON of the request that is meant; 0: any.
   */
  'maxPrice': (string);
}
