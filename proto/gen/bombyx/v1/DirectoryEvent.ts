// Original file: bombyx/v1/directory.proto

import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from '../../bombyx/v1/Host.ts';
import type { Delisted as _bombyx_v1_Delisted, Delisted__Output as _bombyx_v1_Delisted__Output } from '../../bombyx/v1/Delisted.ts';
import type { SnapshotEnd as _bombyx_v1_SnapshotEnd, SnapshotEnd__Output as _bombyx_v1_SnapshotEnd__Output } from '../../bombyx/v1/SnapshotEnd.ts';

export interface DirectoryEvent {
  /**
   * New, or attested again with another keyset (then the old keyset's `Delisted` follows).
   */
  'listed'?: (_bombyx_v1_Host | null);
  'delisted'?: (_bombyx_v1_Delisted | null);
  /**
   * Everything known has been sent; what was not listed by now is gone.
   */
  'snapshotEnd'?: (_bombyx_v1_SnapshotEnd | null);
  'event'?: "listed"|"delisted"|"snapshotEnd";
}

export interface DirectoryEvent__Output {
  /**
   * New, or attested again with another keyset (then the old keyset's `Delisted` follows).
   */
  'listed'?: (_bombyx_v1_Host__Output | null);
  'delisted'?: (_bombyx_v1_Delisted__Output | null);
  /**
   * Everything known has been sent; what was not listed by now is gone.
   */
  'snapshotEnd'?: (_bombyx_v1_SnapshotEnd__Output | null);
  'event'?: "listed"|"delisted"|"snapshotEnd";
}
