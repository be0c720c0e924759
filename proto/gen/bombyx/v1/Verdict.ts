// Original file: bombyx/v1/types.proto

import type { Long } from '@grpc/proto-loader';

// Original file: bombyx/v1/types.proto

export const _bombyx_v1_Verdict_Status = {
  STATUS_UNSPECIFIED: 'STATUS_UNSPECIFIED',
  AFFIRMING: 'AFFIRMING',
  WARNING: 'WARNING',
  CONTRAINDICATED: 'CONTRAINDICATED',
} as const;

export type _bombyx_v1_Verdict_Status =
  | 'STATUS_UNSPECIFIED'
  | 0
  | 'AFFIRMING'
  | 1
  | 'WARNING'
  | 2
  | 'CONTRAINDICATED'
  | 3

export type _bombyx_v1_Verdict_Status__Output = typeof _bombyx_v1_Verdict_Status[keyof typeof _bombyx_v1_Verdict_Status]

/**
 * The network's verdict on a host. Clients do not rely on it: they appraise the bundle themselves.
 */
export interface Verdict {
  'status'?: (_bombyx_v1_Verdict_Status);
  /**
   * "tdx", or "virtual" for the software TEE.
   */
  'tee'?: (string);
  'tcbStatus'?: (string);
  /**
   * Unix seconds.
   */
  'appraisedAt'?: (number | string | Long);
  'notAfter'?: (number | string | Long);
  /**
   * The whole appraisal result, JCS.
   */
  'result'?: (Buffer | Uint8Array | string);
  /**
   * The same as a JWT signed by the verifier.
   */
  'token'?: (string);
  /**
   * Whether the verifier's policy trusts such a host: an affirming one, and one with warnings where the policy says so.
   */
  'trusted'?: (boolean);
}

/**
 * The network's verdict on a host. Clients do not rely on it: they appraise the bundle themselves.
 */
export interface Verdict__Output {
  'status': (_bombyx_v1_Verdict_Status__Output);
  /**
   * "tdx", or "virtual" for the software TEE.
   */
  'tee': (string);
  'tcbStatus': (string);
  /**
   * Unix seconds.
   */
  'appraisedAt': (string);
  'notAfter': (string);
  /**
   * The whole appraisal result, JCS.
   */
  'result': (Buffer);
  /**
   * The same as a JWT signed by the verifier.
   */
  'token': (string);
  /**
   * Whether the verifier's policy trusts such a host: an affirming one, and one with warnings where the policy says so.
   */
  'trusted': (boolean);
}
