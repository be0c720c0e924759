// Original file: bombyx/v1/market.proto

import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from '../../bombyx/v1/Prices.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What the registry's appraisal proved of it, and what its agent says.
 */
export interface Attested {
  'listed'?: (boolean);
  'tee'?: (string);
  'verdict'?: (string);
  /**
   * "HOPPER" or "BLACKWELL"; empty where no GPU is proven.
   */
  'gpuArchitecture'?: (string);
  'gpus'?: (number);
  'model'?: (string);
  'region'?: (string);
  'prices'?: (_bombyx_v1_Prices | null);
  'slots'?: (number);
  /**
   * Unix seconds.
   */
  'notAfter'?: (number | string | Long);
  /**
   * As a key's `minimum_policy`.
   */
  'policy'?: (string);
}

/**
 * What the registry's appraisal proved of it, and what its agent says.
 */
export interface Attested__Output {
  'listed': (boolean);
  'tee': (string);
  'verdict': (string);
  /**
   * "HOPPER" or "BLACKWELL"; empty where no GPU is proven.
   */
  'gpuArchitecture': (string);
  'gpus': (number);
  'model': (string);
  'region': (string);
  'prices': (_bombyx_v1_Prices__Output | null);
  'slots': (number);
  /**
   * Unix seconds.
   */
  'notAfter': (string);
  /**
   * As a key's `minimum_policy`.
   */
  'policy': (string);
}
