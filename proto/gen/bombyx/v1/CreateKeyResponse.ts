// Original file: bombyx/v1/market.proto

import type { ApiKey as _bombyx_v1_ApiKey, ApiKey__Output as _bombyx_v1_ApiKey__Output } from '../../bombyx/v1/ApiKey.ts';

export interface CreateKeyResponse {
  'key'?: (_bombyx_v1_ApiKey | null);
  'secret'?: (string);
}

export interface CreateKeyResponse__Output {
  'key': (_bombyx_v1_ApiKey__Output | null);
  'secret': (string);
}
