// Original file: bombyx/v1/api_keys.proto

import type { Long } from '@grpc/proto-loader';

/**
 * As the market has it stored.
 */
export interface Spent {
  /**
   * This UTC day.
   */
  'tokens'?: (number | string | Long);
  /**
   * This UTC month.
   */
  'nanoton'?: (number | string | Long);
}

/**
 * As the market has it stored.
 */
export interface Spent__Output {
  /**
   * This UTC day.
   */
  'tokens': (string);
  /**
   * This UTC month.
   */
  'nanoton': (string);
}
