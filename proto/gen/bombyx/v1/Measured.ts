// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What usage statements of the last week and the directory show.
 */
export interface Measured {
  'requests'?: (number | string | Long);
  'failures'?: (number | string | Long);
  'promptTokens'?: (number | string | Long);
  'completionTokens'?: (number | string | Long);
  /**
   * Thousandths of tokens a second, of one request.
   */
  'speedMilli'?: (number | string | Long);
  /**
   * Thousandths of the time since the market first heard of it.
   */
  'uptimePermille'?: (number);
}

/**
 * What usage statements of the last week and the directory show.
 */
export interface Measured__Output {
  'requests': (string);
  'failures': (string);
  'promptTokens': (string);
  'completionTokens': (string);
  /**
   * Thousandths of tokens a second, of one request.
   */
  'speedMilli': (string);
  /**
   * Thousandths of the time since the market first heard of it.
   */
  'uptimePermille': (number);
}
