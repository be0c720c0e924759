// Original file: bombyx/v1/market.proto

import type { EscrowFee as _bombyx_v1_EscrowFee, EscrowFee__Output as _bombyx_v1_EscrowFee__Output } from '../../bombyx/v1/EscrowFee.ts';

export interface ListFeesResponse {
  'fees'?: (_bombyx_v1_EscrowFee)[];
}

export interface ListFeesResponse__Output {
  'fees': (_bombyx_v1_EscrowFee__Output)[];
}
