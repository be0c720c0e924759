// Original file: bombyx/v1/market.proto

import type { BillLine as _bombyx_v1_BillLine, BillLine__Output as _bombyx_v1_BillLine__Output } from '../../bombyx/v1/BillLine.ts';
import type { Long } from '@grpc/proto-loader';

export interface Bill {
  'lines'?: (_bombyx_v1_BillLine)[];
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
}

export interface Bill__Output {
  'lines': (_bombyx_v1_BillLine__Output)[];
  'from': (string);
  'to': (string);
}
