// Original file: bombyx/v1/market.proto

import type { Limits as _bombyx_v1_Limits, Limits__Output as _bombyx_v1_Limits__Output } from '../../bombyx/v1/Limits.ts';

/**
 * What a key may be used for.
 */
export interface KeyScope {
  /**
   * Empty: any.
   */
  'models'?: (string)[];
  /**
   * Hosts must reach at least this: "listed", "affirming", "hardware" or "confidential-gpu". Empty: "listed".
   */
  'minimumPolicy'?: (string);
  'limits'?: (_bombyx_v1_Limits | null);
}

/**
 * What a key may be used for.
 */
export interface KeyScope__Output {
  /**
   * Empty: any.
   */
  'models': (string)[];
  /**
   * Hosts must reach at least this: "listed", "affirming", "hardware" or "confidential-gpu". Empty: "listed".
   */
  'minimumPolicy': (string);
  'limits': (_bombyx_v1_Limits__Output | null);
}
