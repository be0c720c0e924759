// Original file: bombyx/v1/metering.proto

import type { UsageProgress as _bombyx_v1_UsageProgress, UsageProgress__Output as _bombyx_v1_UsageProgress__Output } from '../../bombyx/v1/UsageProgress.ts';
import type { UsageRefusal as _bombyx_v1_UsageRefusal, UsageRefusal__Output as _bombyx_v1_UsageRefusal__Output } from '../../bombyx/v1/UsageRefusal.ts';

export interface StoreUsageResponse {
  'progress'?: (_bombyx_v1_UsageProgress)[];
  'refused'?: (_bombyx_v1_UsageRefusal)[];
}

export interface StoreUsageResponse__Output {
  'progress': (_bombyx_v1_UsageProgress__Output)[];
  'refused': (_bombyx_v1_UsageRefusal__Output)[];
}
