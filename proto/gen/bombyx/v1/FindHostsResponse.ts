// Original file: bombyx/v1/relay.proto

import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from '../../bombyx/v1/Host.ts';

export interface FindHostsResponse {
  'hosts'?: (_bombyx_v1_Host)[];
}

export interface FindHostsResponse__Output {
  'hosts': (_bombyx_v1_Host__Output)[];
}
