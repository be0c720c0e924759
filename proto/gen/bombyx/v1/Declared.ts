// Original file: bombyx/v1/market.proto

import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from '../../bombyx/v1/Prices.ts';

/**
 * What a provider says of a host.
 */
export interface Declared {
  'hostId'?: (Buffer | Uint8Array | string);
  /**
   * As NVIDIA calls the board, for example "H100".
   */
  'gpu'?: (string);
  'gpus'?: (number);
  /**
   * Of all its GPUs together.
   */
  'vramGib'?: (number);
  /**
   * Thousandths of the time.
   */
  'uptimePermille'?: (number);
  'region'?: (string);
  /**
   * That it would load; empty: whatever fits.
   */
  'models'?: (string)[];
  'prices'?: (_bombyx_v1_Prices | null);
}

/**
 * What a provider says of a host.
 */
export interface Declared__Output {
  'hostId': (Buffer);
  /**
   * As NVIDIA calls the board, for example "H100".
   */
  'gpu': (string);
  'gpus': (number);
  /**
   * Of all its GPUs together.
   */
  'vramGib': (number);
  /**
   * Thousandths of the time.
   */
  'uptimePermille': (number);
  'region': (string);
  /**
   * That it would load; empty: whatever fits.
   */
  'models': (string)[];
  'prices': (_bombyx_v1_Prices__Output | null);
}
