// Original file: bombyx/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface GetConsistencyRequest {
  /**
   * At least 1, at most the newest checkpoint's size.
   */
  'oldSize'?: (number | string | Long);
}

export interface GetConsistencyRequest__Output {
  /**
   * At least 1, at most the newest checkpoint's size.
   */
  'oldSize': (string);
}
