// Original file: bombyx/v1/api_keys.proto

import type { GrantedKey as _bombyx_v1_GrantedKey, GrantedKey__Output as _bombyx_v1_GrantedKey__Output } from '../../bombyx/v1/GrantedKey.ts';
import type { KeySnapshotEnd as _bombyx_v1_KeySnapshotEnd, KeySnapshotEnd__Output as _bombyx_v1_KeySnapshotEnd__Output } from '../../bombyx/v1/KeySnapshotEnd.ts';

export interface KeyEvent {
  /**
   * New, changed, or more was spent.
   */
  'granted'?: (_bombyx_v1_GrantedKey | null);
  /**
   * Revoked.
   */
  'revoked'?: (Buffer | Uint8Array | string);
  'snapshotEnd'?: (_bombyx_v1_KeySnapshotEnd | null);
  'event'?: "granted"|"revoked"|"snapshotEnd";
}

export interface KeyEvent__Output {
  /**
   * New, changed, or more was spent.
   */
  'granted'?: (_bombyx_v1_GrantedKey__Output | null);
  /**
   * Revoked.
   */
  'revoked'?: (Buffer);
  'snapshotEnd'?: (_bombyx_v1_KeySnapshotEnd__Output | null);
  'event'?: "granted"|"revoked"|"snapshotEnd";
}
