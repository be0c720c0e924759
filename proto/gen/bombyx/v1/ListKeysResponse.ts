// Original file: bombyx/v1/market.proto

import type { ApiKey as _bombyx_v1_ApiKey, ApiKey__Output as _bombyx_v1_ApiKey__Output } from '../../bombyx/v1/ApiKey.ts';

export interface ListKeysResponse {
  'keys'?: (_bombyx_v1_ApiKey)[];
}

export interface ListKeysResponse__Output {
  'keys': (_bombyx_v1_ApiKey__Output)[];
}
