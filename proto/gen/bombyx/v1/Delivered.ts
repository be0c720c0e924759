// Original file: bombyx/v1/market.proto

import type { DeliveredLine as _bombyx_v1_DeliveredLine, DeliveredLine__Output as _bombyx_v1_DeliveredLine__Output } from '../../bombyx/v1/DeliveredLine.ts';

export interface Delivered {
  'lines'?: (_bombyx_v1_DeliveredLine)[];
}

export interface Delivered__Output {
  'lines': (_bombyx_v1_DeliveredLine__Output)[];
}
