// Original file: bombyx/v1/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * nanoTON a million tokens, each below 2^53.
 */
export interface Prices {
  'prompt'?: (number | string | Long);
  'cached'?: (number | string | Long);
  'completion'?: (number | string | Long);
  'reasoning'?: (number | string | Long);
}

/**
 * nanoTON a million tokens, each below 2^53.
 */
export interface Prices__Output {
  'prompt': (string);
  'cached': (string);
  'completion': (string);
  'reasoning': (string);
}
