// Original file: bombyx/v1/relay.proto

import type { Long } from '@grpc/proto-loader';

export interface GetLogConsistencyRequest {
  /**
   * At least 1.
   */
  'oldSize'?: (number | string | Long);
  'newSize'?: (number | string | Long);
}

export interface GetLogConsistencyRequest__Output {
  /**
   * At least 1.
   */
  'oldSize': (string);
  'newSize': (string);
}
