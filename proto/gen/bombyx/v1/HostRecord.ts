// Original file: bombyx/v1/registry_admin.proto

import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from '../../bombyx/v1/Host.ts';
import type { Long } from '@grpc/proto-loader';

// Original file: bombyx/v1/registry_admin.proto

export const _bombyx_v1_HostRecord_State = {
  STATE_UNSPECIFIED: 'STATE_UNSPECIFIED',
  LISTED: 'LISTED',
  LAPSED: 'LAPSED',
  QUARANTINED: 'QUARANTINED',
  WITHDRAWN: 'WITHDRAWN',
  /**
   * Appraised, and not in a signed checkpoint of the log yet; takes no traffic under this evidence.
   */
  PENDING: 'PENDING',
} as const;

export type _bombyx_v1_HostRecord_State =
  | 'STATE_UNSPECIFIED'
  | 0
  | 'LISTED'
  | 1
  | 'LAPSED'
  | 2
  | 'QUARANTINED'
  | 3
  | 'WITHDRAWN'
  | 4
  /**
   * Appraised, and not in a signed checkpoint of the log yet; takes no traffic under this evidence.
   */
  | 'PENDING'
  | 5

export type _bombyx_v1_HostRecord_State__Output = typeof _bombyx_v1_HostRecord_State[keyof typeof _bombyx_v1_HostRecord_State]

export interface HostRecord {
  'host'?: (_bombyx_v1_Host | null);
  'state'?: (_bombyx_v1_HostRecord_State);
  /**
   * A stable code; empty when listed.
   */
  'reason'?: (string);
  /**
   * Unix seconds.
   */
  'enrolledAt'?: (number | string | Long);
  'changedAt'?: (number | string | Long);
}

export interface HostRecord__Output {
  'host': (_bombyx_v1_Host__Output | null);
  'state': (_bombyx_v1_HostRecord_State__Output);
  /**
   * A stable code; empty when listed.
   */
  'reason': (string);
  /**
   * Unix seconds.
   */
  'enrolledAt': (string);
  'changedAt': (string);
}
