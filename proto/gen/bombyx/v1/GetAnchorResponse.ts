// Original file: bombyx/v1/log.proto

import type { AnchoredHead as _bombyx_v1_AnchoredHead, AnchoredHead__Output as _bombyx_v1_AnchoredHead__Output } from '../../bombyx/v1/AnchoredHead.ts';

export interface GetAnchorResponse {
  /**
   * mainnet, testnet or local.
   */
  'network'?: (string);
  /**
   * Of the contract, raw: `0:<hex>`.
   */
  'address'?: (string);
  /**
   * The newest head that is known to be on chain; absent before the first.
   */
  'anchored'?: (_bombyx_v1_AnchoredHead | null);
  /**
   * A message is under way.
   */
  'pending'?: (boolean);
  /**
   * Leaves have waited for three times as long as they should.
   */
  'late'?: (boolean);
}

export interface GetAnchorResponse__Output {
  /**
   * mainnet, testnet or local.
   */
  'network': (string);
  /**
   * Of the contract, raw: `0:<hex>`.
   */
  'address': (string);
  /**
   * The newest head that is known to be on chain; absent before the first.
   */
  'anchored': (_bombyx_v1_AnchoredHead__Output | null);
  /**
   * A message is under way.
   */
  'pending': (boolean);
  /**
   * Leaves have waited for three times as long as they should.
   */
  'late': (boolean);
}
