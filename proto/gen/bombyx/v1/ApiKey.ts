// Original file: bombyx/v1/market.proto

import type { KeyScope as _bombyx_v1_KeyScope, KeyScope__Output as _bombyx_v1_KeyScope__Output } from '../../bombyx/v1/KeyScope.ts';
import type { Long } from '@grpc/proto-loader';

export interface ApiKey {
  /**
   * 16 bytes.
   */
  'keyId'?: (Buffer | Uint8Array | string);
  'organisation'?: (string);
  /**
   * What people call it.
   */
  'name'?: (string);
  'scope'?: (_bombyx_v1_KeyScope | null);
  /**
   * Unix seconds; 0 while it is good.
   */
  'revokedAt'?: (number | string | Long);
  'createdAt'?: (number | string | Long);
}

export interface ApiKey__Output {
  /**
   * 16 bytes.
   */
  'keyId': (Buffer);
  'organisation': (string);
  /**
   * What people call it.
   */
  'name': (string);
  'scope': (_bombyx_v1_KeyScope__Output | null);
  /**
   * Unix seconds; 0 while it is good.
   */
  'revokedAt': (string);
  'createdAt': (string);
}
