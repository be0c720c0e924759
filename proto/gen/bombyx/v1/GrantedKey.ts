// Original file: bombyx/v1/api_keys.proto

import type { KeyScope as _bombyx_v1_KeyScope, KeyScope__Output as _bombyx_v1_KeyScope__Output } from '../../bombyx/v1/KeyScope.ts';
import type { Limits as _bombyx_v1_Limits, Limits__Output as _bombyx_v1_Limits__Output } from '../../bombyx/v1/Limits.ts';
import type { Spent as _bombyx_v1_Spent, Spent__Output as _bombyx_v1_Spent__Output } from '../../bombyx/v1/Spent.ts';

export interface GrantedKey {
  'keyId'?: (Buffer | Uint8Array | string);
  /**
   * `sha256:<hex>` of the secret.
   */
  'hash'?: (string);
  'organisation'?: (string);
  'scope'?: (_bombyx_v1_KeyScope | null);
  'organisationLimits'?: (_bombyx_v1_Limits | null);
  'spent'?: (_bombyx_v1_Spent | null);
  'organisationSpent'?: (_bombyx_v1_Spent | null);
}

export interface GrantedKey__Output {
  'keyId': (Buffer);
  /**
   * `sha256:<hex>` of the secret.
   */
  'hash': (string);
  'organisation': (string);
  'scope': (_bombyx_v1_KeyScope__Output | null);
  'organisationLimits': (_bombyx_v1_Limits__Output | null);
  'spent': (_bombyx_v1_Spent__Output | null);
  'organisationSpent': (_bombyx_v1_Spent__Output | null);
}
