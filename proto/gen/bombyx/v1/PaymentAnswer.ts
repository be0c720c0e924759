// Original file: bombyx/v1/host_session.proto

import type { PaymentStatus as _bombyx_v1_PaymentStatus, PaymentStatus__Output as _bombyx_v1_PaymentStatus__Output } from '../../bombyx/v1/PaymentStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface PaymentAnswer {
  'callId'?: (number | string | Long);
  'status'?: (_bombyx_v1_PaymentStatus | null);
}

export interface PaymentAnswer__Output {
  'callId': (string);
  'status': (_bombyx_v1_PaymentStatus__Output | null);
}
