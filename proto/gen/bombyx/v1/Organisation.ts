// Original file: bombyx/v1/market.proto

import type { Limits as _bombyx_v1_Limits, Limits__Output as _bombyx_v1_Limits__Output } from '../../bombyx/v1/Limits.ts';

/**
 * Put whole: what is left out has no limit.
 */
export interface Organisation {
  /**
   * 1 to 64 of a-z, 0-9, dot, dash and underscore.
   */
  'name'?: (string);
  /**
   * Of all its keys together.
   */
  'limits'?: (_bombyx_v1_Limits | null);
}

/**
 * Put whole: what is left out has no limit.
 */
export interface Organisation__Output {
  /**
   * 1 to 64 of a-z, 0-9, dot, dash and underscore.
   */
  'name': (string);
  /**
   * Of all its keys together.
   */
  'limits': (_bombyx_v1_Limits__Output | null);
}
