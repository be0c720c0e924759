// Original file: bombyx/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface GetConsistencyRequest {
  /**
   * At least 1, at most the newer size.
   */
  'oldSize'?: (number | string | Long);
  /**
   * At most the newest checkpoint's size; 0: that one.
   */
  'newSize'?: (number | string | Long);
}

export interface GetConsistencyRequest__Output {
  /**
   * At least 1, at most the newer size.
   */
  'oldSize': (string);
  /**
   * At most the newest checkpoint's size; 0: that one.
   */
  'newSize': (string);
}
