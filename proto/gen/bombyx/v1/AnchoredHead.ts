// Original file: bombyx/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface AnchoredHead {
  'size'?: (number | string | Long);
  'root'?: (Buffer | Uint8Array | string);
  /**
   * Unix seconds, the log's.
   */
  'timestamp'?: (number | string | Long);
  /**
   * The transaction's logical time and hash.
   */
  'lt'?: (number | string | Long);
  'transaction'?: (Buffer | Uint8Array | string);
}

export interface AnchoredHead__Output {
  'size': (string);
  'root': (Buffer);
  /**
   * Unix seconds, the log's.
   */
  'timestamp': (string);
  /**
   * The transaction's logical time and hash.
   */
  'lt': (string);
  'transaction': (Buffer);
}
