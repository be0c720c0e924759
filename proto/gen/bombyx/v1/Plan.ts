// Original file: bombyx/v1/market.proto

import type { PlannedHost as _bombyx_v1_PlannedHost, PlannedHost__Output as _bombyx_v1_PlannedHost__Output } from '../../bombyx/v1/PlannedHost.ts';
import type { PlannedDemand as _bombyx_v1_PlannedDemand, PlannedDemand__Output as _bombyx_v1_PlannedDemand__Output } from '../../bombyx/v1/PlannedDemand.ts';
import type { Long } from '@grpc/proto-loader';

export interface Plan {
  'hosts'?: (_bombyx_v1_PlannedHost)[];
  'demands'?: (_bombyx_v1_PlannedDemand)[];
  /**
   * How far from the best each objective may be, in millionths.
   */
  'unmetGapPpm'?: (number);
  'costGapPpm'?: (number);
  'movesGapPpm'?: (number);
  /**
   * Unix seconds.
   */
  'madeAt'?: (number | string | Long);
}

export interface Plan__Output {
  'hosts': (_bombyx_v1_PlannedHost__Output)[];
  'demands': (_bombyx_v1_PlannedDemand__Output)[];
  /**
   * How far from the best each objective may be, in millionths.
   */
  'unmetGapPpm': (number);
  'costGapPpm': (number);
  'movesGapPpm': (number);
  /**
   * Unix seconds.
   */
  'madeAt': (string);
}
