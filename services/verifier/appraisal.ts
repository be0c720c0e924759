import { appraiseBundle } from '../../attestation/appraise.ts'
import { type EvidenceBundle, parseBundle } from '../../attestation/bundle.ts'
import type { Policy } from '../../attestation/policy.ts'
import { type AppraisalResult, encodeResult } from '../../attestation/result.ts'
import { type ResultTokenSigner, signResultToken } from '../../attestation/result-token.ts'
import { encodeTdxCollateral, type TdxCollateral } from '../../attestation/tdx/collateral.ts'
import { pckExtension } from '../../attestation/tdx/pck.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { PlatformFamily } from './platform-family.ts'

/** What the network says of a host's evidence. */
export interface Verdict {
  readonly result: AppraisalResult
  /** JCS. */
  readonly resultBytes: Uint8Array
  /** The result signed by this verifier. */
  readonly token: string
  /** The document that the appraisal used. */
  readonly collateral: Uint8Array
}

/** The computation alone. Its own function, so that a thread can stand behind it. */
export type Appraise = (
  evidence: { readonly bundle: EvidenceBundle; readonly collateral: TdxCollateral; readonly nonce: Uint8Array },
  now: Date
) => Promise<AppraisalResult>

export interface AppraisalContext {
  readonly now: () => Date
  readonly signer: ResultTokenSigner
  readonly appraise: Appraise
  readonly getCollateral: (family: PlatformFamily) => Promise<TdxCollateral>
}

/** Appraises under one policy on the caller's own thread. */
export function appraiseUnder(policy: Policy): Appraise {
  return async ({ bundle, collateral, nonce }, now) =>
    appraiseBundle({ bundle, collateral, challenge: { kind: 'expected', nonce } }, policy, now).result
}

/**
 * Appraises an evidence bundle that answers to `nonce`. Throws for evidence that cannot be read and for collateral that
 * cannot be had; evidence that the policy refuses gets a verdict like any other.
 */
export async function appraiseEvidence(
  bundleBytes: Uint8Array,
  nonce: Uint8Array,
  context: AppraisalContext
): Promise<Verdict> {
  if (nonce.byteLength !== 32) throw new ServiceError('ARGUMENT_INVALID', 'a nonce is 32 bytes')
  const bundle = parseBundle(bundleBytes)
  const collateral = await context.getCollateral(pckExtension(bundle.quote))
  const result = await context.appraise({ bundle, collateral, nonce }, context.now())
  return {
    result,
    resultBytes: encodeResult(result),
    token: await signResultToken(result, context.signer),
    collateral: encodeTdxCollateral(collateral)
  }
}
