// Original file: bombyx/v1/types.proto

import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from '../../bombyx/v1/ReferenceValue.ts';

export interface ListReferenceValuesResponse {
  /**
   * The newest 512, oldest first.
   */
  'values'?: (_bombyx_v1_ReferenceValue)[];
}

export interface ListReferenceValuesResponse__Output {
  /**
   * The newest 512, oldest first.
   */
  'values': (_bombyx_v1_ReferenceValue__Output)[];
}
