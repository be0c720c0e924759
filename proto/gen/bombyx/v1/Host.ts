// Original file: bombyx/v1/types.proto

import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from '../../bombyx/v1/Verdict.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from '../../bombyx/v1/Declaration.ts';
import type { Long } from '@grpc/proto-loader';

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
  /**
   * The attestation's leaf as the log holds it; empty where it is in no log.
   */
  'leaf'?: (Buffer | Uint8Array | string);
  /**
   * Where in the log; absent without a leaf.
   */
  'logIndex'?: (number | string | Long);
  /**
   * A C2SP tlog-proof of the leaf in a recent checkpoint, which a relay attaches for FindHosts. Empty where it has none.
   */
  'logProof'?: (Buffer | Uint8Array | string);
  '_logIndex'?: "logIndex";
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
  /**
   * The attestation's leaf as the log holds it; empty where it is in no log.
   */
  'leaf': (Buffer);
  /**
   * Where in the log; absent without a leaf.
   */
  'logIndex'?: (string);
  /**
   * A C2SP tlog-proof of the leaf in a recent checkpoint, which a relay attaches for FindHosts. Empty where it has none.
   */
  'logProof': (Buffer);
  '_logIndex'?: "logIndex";
}
