// Original file: bombyx/v1/types.proto

import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from '../../bombyx/v1/Prices.ts';

/**
 * What a provider says of a host. Nothing here is proven.
 */
export interface Declaration {
  'prices'?: (_bombyx_v1_Prices | null);
  'region'?: (string);
  /**
   * Requests the host answers at once.
   */
  'slots'?: (number);
  /**
   * Account of the basechain that its answers are paid to, 32 bytes; empty where nobody has to pay. No other host of its
   * provider has it.
   */
  'payee'?: (Buffer | Uint8Array | string);
}

/**
 * What a provider says of a host. Nothing here is proven.
 */
export interface Declaration__Output {
  'prices': (_bombyx_v1_Prices__Output | null);
  'region': (string);
  /**
   * Requests the host answers at once.
   */
  'slots': (number);
  /**
   * Account of the basechain that its answers are paid to, 32 bytes; empty where nobody has to pay. No other host of its
   * provider has it.
   */
  'payee': (Buffer);
}
