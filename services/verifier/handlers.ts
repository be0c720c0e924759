import { encodeTdxCollateral, type TdxCollateral } from '../../attestation/tdx/collateral.ts'
import type { VerifierHandlers } from '../../proto/gen/bombyx/v1/Verifier.ts'
import { authorise, unary } from '../runtime/grpc.ts'
import type { TokenList } from '../runtime/tokens.ts'
import type { AppraisalWish, Verdict } from './appraisal.ts'
import type { PlatformFamily } from './platform-family.ts'
import { fromAppraiseRequest, fromGetCollateralRequest, toAppraiseResponse } from './wire.ts'

export interface VerifierOperations {
  readonly appraise: (wish: AppraisalWish) => Promise<Verdict>
  readonly getCollateral: (family: PlatformFamily) => Promise<TdxCollateral>
  /** The document of the policy that all of it is judged by. */
  readonly policy: Uint8Array
  /** A JWK set. */
  readonly keySet: string
}

/** The keys are for everybody; an appraisal costs work, and goes by token where tokens are configured. */
export function verifierHandlers(operations: VerifierOperations, tokens: TokenList | undefined): VerifierHandlers {
  return {
    Appraise: unary(async (request, call) => {
      authorise(tokens, call)
      return toAppraiseResponse(await operations.appraise(fromAppraiseRequest(request)), operations.policy)
    }),
    GetCollateral: unary(async (request, call) => {
      authorise(tokens, call)
      const collateral = await operations.getCollateral(fromGetCollateralRequest(request))
      return { collateral: Buffer.from(encodeTdxCollateral(collateral)) }
    }),
    GetKeys: unary(() => ({ jwks: operations.keySet }))
  }
}
