// Original file: bombyx/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface AppendResponse {
  /**
   * Of each entry, in the request's order.
   */
  'indices'?: (number | string | Long)[];
}

export interface AppendResponse__Output {
  /**
   * Of each entry, in the request's order.
   */
  'indices': (string)[];
}
