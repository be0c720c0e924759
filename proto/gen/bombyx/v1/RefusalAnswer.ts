// Original file: bombyx/v1/host_session.proto

import type { Long } from '@grpc/proto-loader';

export interface RefusalAnswer {
  'callId'?: (number | string | Long);
  /**
   * A session code's number.
   */
  'code'?: (number);
}

export interface RefusalAnswer__Output {
  'callId': (string);
  /**
   * A session code's number.
   */
  'code': (number);
}
