// Original file: bombyx/v1/market.proto

import type { Demand as _bombyx_v1_Demand, Demand__Output as _bombyx_v1_Demand__Output } from '../../bombyx/v1/Demand.ts';

export interface ListDemandsResponse {
  'demands'?: (_bombyx_v1_Demand)[];
}

export interface ListDemandsResponse__Output {
  'demands': (_bombyx_v1_Demand__Output)[];
}
