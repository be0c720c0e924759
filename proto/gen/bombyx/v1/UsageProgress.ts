// Original file: bombyx/v1/metering.proto

import type { Long } from '@grpc/proto-loader';

export interface UsageProgress {
  /**
   * 16 bytes.
   */
  'epoch'?: (Buffer | Uint8Array | string);
  /**
   * All statements up to this one are stored.
   */
  'storedUpTo'?: (number | string | Long);
}

export interface UsageProgress__Output {
  /**
   * 16 bytes.
   */
  'epoch': (Buffer);
  /**
   * All statements up to this one are stored.
   */
  'storedUpTo': (string);
}
