// Original file: bombyx/v1/host_session.proto

import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from '../../bombyx/v1/Hello.ts';
import type { KnownVouchers as _bombyx_v1_KnownVouchers, KnownVouchers__Output as _bombyx_v1_KnownVouchers__Output } from '../../bombyx/v1/KnownVouchers.ts';
import type { Long } from '@grpc/proto-loader';

export interface HelloCall {
  'callId'?: (number | string | Long);
  'hello'?: (_bombyx_v1_Hello | null);
  /**
   * Where the hello names a payer: the best vouchers that the market has of its escrow. Absent: the market could not be asked.
   */
  'known'?: (_bombyx_v1_KnownVouchers | null);
}

export interface HelloCall__Output {
  'callId': (string);
  'hello': (_bombyx_v1_Hello__Output | null);
  /**
   * Where the hello names a payer: the best vouchers that the market has of its escrow. Absent: the market could not be asked.
   */
  'known': (_bombyx_v1_KnownVouchers__Output | null);
}
