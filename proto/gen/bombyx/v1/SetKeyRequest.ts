// Original file: bombyx/v1/market.proto

import type { KeyScope as _bombyx_v1_KeyScope, KeyScope__Output as _bombyx_v1_KeyScope__Output } from '../../bombyx/v1/KeyScope.ts';

export interface SetKeyRequest {
  'keyId'?: (Buffer | Uint8Array | string);
  'scope'?: (_bombyx_v1_KeyScope | null);
}

export interface SetKeyRequest__Output {
  'keyId': (Buffer);
  'scope': (_bombyx_v1_KeyScope__Output | null);
}
