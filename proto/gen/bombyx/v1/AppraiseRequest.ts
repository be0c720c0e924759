// Original file: bombyx/v1/verifier.proto

import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from '../../bombyx/v1/ReferenceValue.ts';

export interface AppraiseRequest {
  'bundle'?: (Buffer | Uint8Array | string);
  /**
   * The nonce that the asker gave out. The evidence must be over it.
   */
  'expectedNonce'?: (Buffer | Uint8Array | string);
  /**
   * What the asker knows of; those count that the policy's own rules count.
   */
  'referenceValues'?: (_bombyx_v1_ReferenceValue)[];
}

export interface AppraiseRequest__Output {
  'bundle': (Buffer);
  /**
   * The nonce that the asker gave out. The evidence must be over it.
   */
  'expectedNonce': (Buffer);
  /**
   * What the asker knows of; those count that the policy's own rules count.
   */
  'referenceValues': (_bombyx_v1_ReferenceValue__Output)[];
}
