// Original file: bombyx/v1/metering.proto

import type { UsageStatement as _bombyx_v1_UsageStatement, UsageStatement__Output as _bombyx_v1_UsageStatement__Output } from '../../bombyx/v1/UsageStatement.ts';

export interface FindStatementsResponse {
  /**
   * In any order, without `key_id`.
   */
  'statements'?: (_bombyx_v1_UsageStatement)[];
}

export interface FindStatementsResponse__Output {
  /**
   * In any order, without `key_id`.
   */
  'statements': (_bombyx_v1_UsageStatement__Output)[];
}
