// Original file: bombyx/v1/host_session.proto

import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from '../../bombyx/v1/Hello.ts';
import type { Long } from '@grpc/proto-loader';

export interface HelloCall {
  'callId'?: (number | string | Long);
  'hello'?: (_bombyx_v1_Hello | null);
}

export interface HelloCall__Output {
  'callId': (string);
  'hello': (_bombyx_v1_Hello__Output | null);
}
