// Original file: bombyx/v1/payment.proto

import type { Long } from '@grpc/proto-loader';

export interface CoveredStatement {
  /**
   * 16 bytes.
   */
  'epoch'?: (Buffer | Uint8Array | string);
  'seq'?: (number | string | Long);
}

export interface CoveredStatement__Output {
  /**
   * 16 bytes.
   */
  'epoch': (Buffer);
  'seq': (string);
}
