// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface UsageProof {
  /**
   * The period's leaf.
   */
  'leaf'?: (Buffer | Uint8Array | string);
  /**
   * Of the statement in the period.
   */
  'index'?: (number | string | Long);
  'hashes'?: (Buffer | Uint8Array | string)[];
  /**
   * Where in the log the leaf is; absent until it is in a signed checkpoint.
   */
  'logIndex'?: (number | string | Long);
  '_logIndex'?: "logIndex";
}

export interface UsageProof__Output {
  /**
   * The period's leaf.
   */
  'leaf': (Buffer);
  /**
   * Of the statement in the period.
   */
  'index': (string);
  'hashes': (Buffer)[];
  /**
   * Where in the log the leaf is; absent until it is in a signed checkpoint.
   */
  'logIndex'?: (string);
  '_logIndex'?: "logIndex";
}
