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
  /**
   * Where in the log the attestation is, for the receipts of its keyset; absent where there is no log.
   */
  'logIndex'?: (number | string | Long);
  '_logIndex'?: "logIndex";
}

export interface EnrolResponse__Output {
  'hostId': (Buffer);
  'verdict': (_bombyx_v1_Verdict__Output | null);
  /**
   * Unix seconds: attest again at about this time, jitter included. 0 when refused.
   */
  'attestAgainAt': (string);
  /**
   * Where in the log the attestation is, for the receipts of its keyset; absent where there is no log.
   */
  'logIndex'?: (string);
  '_logIndex'?: "logIndex";
}
