// Original file: bombyx/v1/metering.proto

import type { UsageStatement as _bombyx_v1_UsageStatement, UsageStatement__Output as _bombyx_v1_UsageStatement__Output } from '../../bombyx/v1/UsageStatement.ts';

export interface StoreUsageRequest {
  'statements'?: (_bombyx_v1_UsageStatement)[];
}

export interface StoreUsageRequest__Output {
  'statements': (_bombyx_v1_UsageStatement__Output)[];
}
