// Original file: bombyx/v1/registry.proto

import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from '../../bombyx/v1/Declaration.ts';

export interface EnrolRequest {
  /**
   * An evidence bundle over a nonce that Challenge gave.
   */
  'bundle'?: (Buffer | Uint8Array | string);
  'declaration'?: (_bombyx_v1_Declaration | null);
}

export interface EnrolRequest__Output {
  /**
   * An evidence bundle over a nonce that Challenge gave.
   */
  'bundle': (Buffer);
  'declaration': (_bombyx_v1_Declaration__Output | null);
}
