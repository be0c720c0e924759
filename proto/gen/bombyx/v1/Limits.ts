// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

/**
 * 0: no limit.
 */
export interface Limits {
  'requestsPerMinute'?: (number);
  /**
   * Tokens of every class, a UTC day.
   */
  'tokensPerDay'?: (number | string | Long);
  /**
   * nanoTON a UTC month.
   */
  'nanotonPerMonth'?: (number | string | Long);
}

/**
 * 0: no limit.
 */
export interface Limits__Output {
  'requestsPerMinute': (number);
  /**
   * Tokens of every class, a UTC day.
   */
  'tokensPerDay': (string);
  /**
   * nanoTON a UTC month.
   */
  'nanotonPerMonth': (string);
}
