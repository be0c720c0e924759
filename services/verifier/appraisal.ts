import { appraiseBundle } from '../../attestation/appraise.ts'
import { parseBundle } from '../../attestation/bundle.ts'
import { tdxEndorsements } from '../../attestation/endorsements.ts'
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

/** The computation of an appraisal, in two steps: collateral is had between them. Threads stand behind it. */
export interface AppraisalWork {
  /** Whose collateral the bundle wants; undefined where the policy's root vouches for none. */
  readonly certify: (bundle: Uint8Array) => Promise<PlatformFamily | undefined>
  readonly appraise: (task: AppraisalTask) => Promise<Verdict>
}

export interface AppraisalTask {
  readonly bundle: Uint8Array
  readonly nonce: Uint8Array
  /** Absent: evidence that is refused before it takes any. */
  readonly collateral: TdxCollateral | undefined
  readonly now: Date
}

export interface AppraisalContext {
  readonly now: () => Date
  readonly work: AppraisalWork
  readonly getCollateral: (family: PlatformFamily) => Promise<TdxCollateral>
}

/**
 * Appraises an evidence bundle that answers to `nonce`. Throws for evidence that cannot be read and for collateral that
 * cannot be had; evidence that the policy refuses gets a verdict like any other.
 */
export async function appraiseEvidence(
  bundle: Uint8Array,
  nonce: Uint8Array,
  { now, work, getCollateral }: AppraisalContext
): Promise<Verdict> {
  if (nonce.byteLength !== 32) throw new ServiceError('ARGUMENT_INVALID', 'a nonce is 32 bytes')
  const family = await work.certify(bundle)
  const collateral = family === undefined ? undefined : await getCollateral(family)
  return work.appraise({ bundle, nonce, collateral, now: now() })
}

/** The work under one policy, on the caller's own thread. */
export function appraiseUnder(policy: Policy, signer: ResultTokenSigner): AppraisalWork {
  return {
    certify: async (bundle) => certifiedFamily(parseBundle(bundle).quote, policy),
    appraise: async ({ bundle, nonce, collateral = NONE, now }) => {
      const endorsements = tdxEndorsements(collateral)
      const evidence = { bundle: parseBundle(bundle), endorsements, challenge: { kind: 'expected', nonce } } as const
      const { kind, result } = appraiseBundle(evidence, policy, now)
      return {
        result,
        trusted: kind === 'trusted',
        resultBytes: encodeResult(result),
        token: await signResultToken(result, signer),
        collateral: collateral === NONE ? new Uint8Array(0) : encodeTdxCollateral(collateral)
      }
    }
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
