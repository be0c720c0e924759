// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

/**
 * nanoTON; sums since the escrow began.
 */
export interface EscrowFee {
  /**
   * Accounts in the basechain, 32 bytes.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  'market'?: (Buffer | Uint8Array | string);
  'accrued'?: (number | string | Long);
  'collected'?: (number | string | Long);
  /**
   * Unix seconds.
   */
  'checkedAt'?: (number | string | Long);
}

/**
 * nanoTON; sums since the escrow began.
 */
export interface EscrowFee__Output {
  /**
   * Accounts in the basechain, 32 bytes.
   */
  'escrow': (Buffer);
  'market': (Buffer);
  'accrued': (string);
  'collected': (string);
  /**
   * Unix seconds.
   */
  'checkedAt': (string);
}
