// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface LoginResponse {
  'provider'?: (string);
  'token'?: (string);
  /**
   * Unix seconds.
   */
  'expiresAt'?: (number | string | Long);
}

export interface LoginResponse__Output {
  'provider': (string);
  'token': (string);
  /**
   * Unix seconds.
   */
  'expiresAt': (string);
}
