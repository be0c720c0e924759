// Original file: bombyx/v1/market.proto

import type { Supply as _bombyx_v1_Supply, Supply__Output as _bombyx_v1_Supply__Output } from '../../bombyx/v1/Supply.ts';

export interface ListSuppliesResponse {
  'supplies'?: (_bombyx_v1_Supply)[];
}

export interface ListSuppliesResponse__Output {
  'supplies': (_bombyx_v1_Supply__Output)[];
}
