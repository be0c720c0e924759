// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface BilledStatement {
  'statement'?: (Buffer | Uint8Array | string);
  'unbillable'?: (string);
  'keyId'?: (Buffer | Uint8Array | string);
  /**
   * Unix seconds.
   */
  'storedAt'?: (number | string | Long);
}

export interface BilledStatement__Output {
  'statement': (Buffer);
  'unbillable': (string);
  'keyId': (Buffer);
  /**
   * Unix seconds.
   */
  'storedAt': (string);
}
