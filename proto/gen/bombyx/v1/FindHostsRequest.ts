// Original file: bombyx/v1/relay.proto

import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from '../../bombyx/v1/Prices.ts';

export interface FindHostsRequest {
  'model'?: (string);
  /**
   * Empty: any.
   */
  'region'?: (string);
  /**
   * Hosts dearer than this in any class are left out. Absent: any price.
   */
  'maxPrices'?: (_bombyx_v1_Prices | null);
  /**
   * 1..8; 0 is 8.
   */
  'count'?: (number);
  /**
   * Keyset digests that the client refused or lost.
   */
  'exclude'?: (Buffer | Uint8Array | string)[];
  /**
   * Keyset digests that hold this client's warm prefix.
   */
  'prefer'?: (Buffer | Uint8Array | string)[];
}

export interface FindHostsRequest__Output {
  'model': (string);
  /**
   * Empty: any.
   */
  'region': (string);
  /**
   * Hosts dearer than this in any class are left out. Absent: any price.
   */
  'maxPrices': (_bombyx_v1_Prices__Output | null);
  /**
   * 1..8; 0 is 8.
   */
  'count': (number);
  /**
   * Keyset digests that the client refused or lost.
   */
  'exclude': (Buffer)[];
  /**
   * Keyset digests that hold this client's warm prefix.
   */
  'prefer': (Buffer)[];
}
