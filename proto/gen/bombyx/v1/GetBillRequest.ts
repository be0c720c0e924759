// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface GetBillRequest {
  /**
   * Unix seconds, `to` excluded; 0: the beginning of this UTC month, and the end of this UTC day.
   */
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  /**
   * Empty: all that the caller may see.
   */
  'organisation'?: (string);
}

export interface GetBillRequest__Output {
  /**
   * Unix seconds, `to` excluded; 0: the beginning of this UTC month, and the end of this UTC day.
   */
  'from': (string);
  'to': (string);
  /**
   * Empty: all that the caller may see.
   */
  'organisation': (string);
}
