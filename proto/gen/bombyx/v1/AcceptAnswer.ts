// Original file: bombyx/v1/host_session.proto

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from '../../bombyx/v1/Accept.ts';
import type { Long } from '@grpc/proto-loader';

export interface AcceptAnswer {
  'callId'?: (number | string | Long);
  'accept'?: (_bombyx_v1_Accept | null);
}

export interface AcceptAnswer__Output {
  'callId': (string);
  'accept': (_bombyx_v1_Accept__Output | null);
}
