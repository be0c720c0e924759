import type { EvidenceBundle } from './bundle.ts'
import type { Endorsements } from './endorsements.ts'
import { AttestationError } from './errors.ts'
import { type RemoteOpinion, verifyDetachedEats } from './nvidia/nras.ts'
import { gpuNonce } from './session/keyset.ts'

/** Whose opinion is taken, and its keys (a JWK set, as text), had from that issuer itself. */
export interface RemoteIssuer {
  /** For example `https://nras.attestation.nvidia.com`. */
  readonly issuer: string
  readonly keySet: string
}

/** What NVIDIA's remote service says of a host's devices: its opinion, or why what came is none. */
export type SecondOpinion = RemoteOpinion | AttestationError

/**
 * Verifies the opinion that came with a host's endorsements, over the nonce that its devices answer; null where none came.
 * One that does not verify is a value, for appraisal to name.
 */
export async function readSecondOpinion(
  { keyset, nonce }: EvidenceBundle,
  { nras }: Pick<Endorsements, 'nras'>,
  { issuer, keySet }: RemoteIssuer,
  now: Date
): Promise<SecondOpinion | null> {
  if (nras.length === 0) return null
  try {
    return await verifyDetachedEats(nras, { issuer, keySet, nonce: gpuNonce(keyset.digest, nonce), now })
  } catch (error) {
    if (error instanceof AttestationError) return error
    throw error
  }
}
