// Original file: bombyx/v1/types.proto

import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from '../../bombyx/v1/Verdict.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from '../../bombyx/v1/Declaration.ts';

/**
 * A host that may take traffic.
 */
export interface Host {
  /**
   * 16 random bytes, given by the registry.
   */
  'hostId'?: (Buffer | Uint8Array | string);
  'provider'?: (string);
  /**
   * The exact bytes that the quote commits to.
   */
  'keyset'?: (Buffer | Uint8Array | string);
  /**
   * SHA-256 of the evidence bundle and of the collateral it was appraised with; both are served by digest.
   */
  'bundleDigest'?: (Buffer | Uint8Array | string);
  'collateralDigest'?: (Buffer | Uint8Array | string);
  'verdict'?: (_bombyx_v1_Verdict | null);
  'declaration'?: (_bombyx_v1_Declaration | null);
}

/**
 * A host that may take traffic.
 */
export interface Host__Output {
  /**
   * 16 random bytes, given by the registry.
   */
  'hostId': (Buffer);
  'provider': (string);
  /**
   * The exact bytes that the quote commits to.
   */
  'keyset': (Buffer);
  /**
   * SHA-256 of the evidence bundle and of the collateral it was appraised with; both are served by digest.
   */
  'bundleDigest': (Buffer);
  'collateralDigest': (Buffer);
  'verdict': (_bombyx_v1_Verdict__Output | null);
  'declaration': (_bombyx_v1_Declaration__Output | null);
}
