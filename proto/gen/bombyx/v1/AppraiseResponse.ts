// Original file: bombyx/v1/verifier.proto

import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from '../../bombyx/v1/Verdict.ts';

export interface AppraiseResponse {
  'verdict'?: (_bombyx_v1_Verdict | null);
  /**
   * What the appraisal used, in the form clients appraise with again. Empty when there was none.
   */
  'collateral'?: (Buffer | Uint8Array | string);
  /**
   * The policy's document, RFC 8785: what the verdict's policy digest is of.
   */
  'policy'?: (Buffer | Uint8Array | string);
}

export interface AppraiseResponse__Output {
  'verdict': (_bombyx_v1_Verdict__Output | null);
  /**
   * What the appraisal used, in the form clients appraise with again. Empty when there was none.
   */
  'collateral': (Buffer);
  /**
   * The policy's document, RFC 8785: what the verdict's policy digest is of.
   */
  'policy': (Buffer);
}
