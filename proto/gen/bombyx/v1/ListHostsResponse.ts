// Original file: bombyx/v1/registry_admin.proto

import type { HostRecord as _bombyx_v1_HostRecord, HostRecord__Output as _bombyx_v1_HostRecord__Output } from '../../bombyx/v1/HostRecord.ts';

export interface ListHostsResponse {
  'hosts'?: (_bombyx_v1_HostRecord)[];
}

export interface ListHostsResponse__Output {
  'hosts': (_bombyx_v1_HostRecord__Output)[];
}
