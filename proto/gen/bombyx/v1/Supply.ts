// Original file: bombyx/v1/market.proto

import type { Declared as _bombyx_v1_Declared, Declared__Output as _bombyx_v1_Declared__Output } from '../../bombyx/v1/Declared.ts';
import type { Attested as _bombyx_v1_Attested, Attested__Output as _bombyx_v1_Attested__Output } from '../../bombyx/v1/Attested.ts';
import type { Measured as _bombyx_v1_Measured, Measured__Output as _bombyx_v1_Measured__Output } from '../../bombyx/v1/Measured.ts';

export interface Supply {
  'provider'?: (string);
  /**
   * Raw form; empty: none proven.
   */
  'wallet'?: (string);
  /**
   * Absent: nothing declared yet.
   */
  'declared'?: (_bombyx_v1_Declared | null);
  'attested'?: (_bombyx_v1_Attested | null);
  'measured'?: (_bombyx_v1_Measured | null);
  /**
   * What evidence came to contradict since; such a host is not planned with.
   */
  'contradictions'?: (string)[];
  'hostId'?: (Buffer | Uint8Array | string);
}

export interface Supply__Output {
  'provider': (string);
  /**
   * Raw form; empty: none proven.
   */
  'wallet': (string);
  /**
   * Absent: nothing declared yet.
   */
  'declared': (_bombyx_v1_Declared__Output | null);
  'attested': (_bombyx_v1_Attested__Output | null);
  'measured': (_bombyx_v1_Measured__Output | null);
  /**
   * What evidence came to contradict since; such a host is not planned with.
   */
  'contradictions': (string)[];
  'hostId': (Buffer);
}
