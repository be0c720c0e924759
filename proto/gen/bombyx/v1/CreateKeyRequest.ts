// Original file: bombyx/v1/market.proto

import type { KeyScope as _bombyx_v1_KeyScope, KeyScope__Output as _bombyx_v1_KeyScope__Output } from '../../bombyx/v1/KeyScope.ts';

export interface CreateKeyRequest {
  'organisation'?: (string);
  'name'?: (string);
  'scope'?: (_bombyx_v1_KeyScope | null);
}

export interface CreateKeyRequest__Output {
  'organisation': (string);
  'name': (string);
  'scope': (_bombyx_v1_KeyScope__Output | null);
}
