// Original file: bombyx/v1/registry.proto

import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from '../../bombyx/v1/Verdict.ts';
import type { Long } from '@grpc/proto-loader';

export interface EnrolResponse {
  'hostId'?: (Buffer | Uint8Array | string);
  'verdict'?: (_bombyx_v1_Verdict | null);
  /**
   * Unix seconds: attest again at about this time, jitter included. 0 when refused.
   */
  'attestAgainAt'?: (number | string | Long);
}

export interface EnrolResponse__Output {
  'hostId': (Buffer);
  'verdict': (_bombyx_v1_Verdict__Output | null);
  /**
   * Unix seconds: attest again at about this time, jitter included. 0 when refused.
   */
  'attestAgainAt': (string);
}
