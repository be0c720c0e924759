// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface ListServedStatementsRequest {
  /**
   * As in GetBillRequest.
   */
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  /**
   * Empty: all that the caller may see.
   */
  'provider'?: (string);
}

export interface ListServedStatementsRequest__Output {
  /**
   * As in GetBillRequest.
   */
  'from': (string);
  'to': (string);
  /**
   * Empty: all that the caller may see.
   */
  'provider': (string);
}
