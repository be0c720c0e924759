// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

/**
 * TON Connect's `ton_proof` item and the account beside it.
 */
export interface LoginRequest {
  /**
   * Raw form, `0:<hex>`.
   */
  'address'?: (string);
  'domain'?: (string);
  /**
   * Unix seconds.
   */
  'timestamp'?: (number | string | Long);
  'payload'?: (string);
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * Bag of cells.
   */
  'stateInit'?: (Buffer | Uint8Array | string);
}

/**
 * TON Connect's `ton_proof` item and the account beside it.
 */
export interface LoginRequest__Output {
  /**
   * Raw form, `0:<hex>`.
   */
  'address': (string);
  'domain': (string);
  /**
   * Unix seconds.
   */
  'timestamp': (string);
  'payload': (string);
  'signature': (Buffer);
  /**
   * Bag of cells.
   */
  'stateInit': (Buffer);
}
