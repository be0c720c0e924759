// Original file: bombyx/v1/relay.proto

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from '../../bombyx/v1/Accept.ts';
import type { HostRefusal as _bombyx_v1_HostRefusal, HostRefusal__Output as _bombyx_v1_HostRefusal__Output } from '../../bombyx/v1/HostRefusal.ts';

export interface OpenSessionEvent {
  'accept'?: (_bombyx_v1_Accept | null);
  'refusal'?: (_bombyx_v1_HostRefusal | null);
  'event'?: "accept"|"refusal";
}

export interface OpenSessionEvent__Output {
  'accept'?: (_bombyx_v1_Accept__Output | null);
  'refusal'?: (_bombyx_v1_HostRefusal__Output | null);
  'event'?: "accept"|"refusal";
}
