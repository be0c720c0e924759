import { type Appraisal, appraiseBundle } from '../../attestation/appraise.ts'
import { type EvidenceBundle, parseBundle } from '../../attestation/bundle.ts'
import { AttestationError } from '../../attestation/errors.ts'
import type { Policy } from '../../attestation/policy.ts'
import { type AppraisalResult, encodeResult } from '../../attestation/result.ts'
import { type ResultTokenSigner, signResultToken } from '../../attestation/result-token.ts'
import { encodeTdxCollateral, type TdxCollateral } from '../../attestation/tdx/collateral.ts'
import { authenticatePlatform } from '../../attestation/tdx/platform.ts'
import type { TdxQuote } from '../../attestation/tdx/quote.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { PlatformFamily } from './platform-family.ts'

/** What the network says of a host's evidence. */
export interface Verdict {
  readonly result: AppraisalResult
  /** Whether the policy trusts such a host. */
  readonly trusted: boolean
  /** JCS. */
  readonly resultBytes: Uint8Array
  /** The result signed by this verifier. */
  readonly token: string
  /** The document that the appraisal used; empty where the evidence was refused before it took any. */
  readonly collateral: Uint8Array
}

/** The computation alone. Its own function, so that a thread can stand behind it. */
export type Appraise = (
  evidence: { readonly bundle: EvidenceBundle; readonly collateral: TdxCollateral; readonly nonce: Uint8Array },
  now: Date
) => Promise<Appraisal>

export interface AppraisalContext {
  readonly now: () => Date
  readonly policy: Policy
  readonly signer: ResultTokenSigner
  readonly appraise: Appraise
  readonly getCollateral: (family: PlatformFamily) => Promise<TdxCollateral>
}

/** Appraises under one policy on the caller's own thread. */
export function appraiseUnder(policy: Policy): Appraise {
  return async ({ bundle, collateral, nonce }, now) =>
    appraiseBundle({ bundle, collateral, challenge: { kind: 'expected', nonce } }, policy, now)
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
  const family = certifiedFamily(bundle.quote, context.policy)
  const collateral = family === undefined ? undefined : await context.getCollateral(family)
  const { kind, result } = await context.appraise({ bundle, collateral: collateral ?? NONE, nonce }, context.now())
  return {
    result,
    trusted: kind === 'trusted',
    resultBytes: encodeResult(result),
    token: await signResultToken(result, context.signer),
    collateral: collateral === undefined ? new Uint8Array(0) : encodeTdxCollateral(collateral)
  }
}

/** What appraisal refuses by, before it looks at collateral, does not get any. */
const NONE: TdxCollateral = {
  tcbInfo: '',
  tcbInfoSignature: new Uint8Array(0),
  tcbInfoIssuerChain: '',
  qeIdentity: '',
  qeIdentitySignature: new Uint8Array(0),
  qeIdentityIssuerChain: '',
  pckCrl: new Uint8Array(0),
  rootCaCrl: new Uint8Array(0),
  pckCrlIssuerChain: ''
}

/** A family is only the sender's word until the policy's root vouches for it, and nobody is asked for collateral on that. */
function certifiedFamily({ pckChainPem }: TdxQuote, { anchor }: Policy): PlatformFamily | undefined {
  const anchors = { intelSgxRoots: [anchor.root], dangerouslyAcceptCollateralSecondsPastNextUpdate: 0 }
  try {
    return authenticatePlatform(pckChainPem, anchors).pck
  } catch (error) {
    if (error instanceof AttestationError && error.kind === 'refused') return undefined
    throw error
  }
}
