import type { AppraisalResult, AppraisalStatus } from '../../attestation/result.ts'
import type { PckCa } from '../../attestation/tdx/pck.ts'
import type { AppraiseRequest__Output } from '../../proto/gen/bombyx/v1/AppraiseRequest.ts'
import type { AppraiseResponse } from '../../proto/gen/bombyx/v1/AppraiseResponse.ts'
import type { GetCollateralRequest__Output } from '../../proto/gen/bombyx/v1/GetCollateralRequest.ts'
import type { Verdict as VerdictMessage } from '../../proto/gen/bombyx/v1/Verdict.ts'
import { ServiceError } from '../runtime/errors.ts'
import { unixSeconds } from '../runtime/time.ts'
import type { AppraisalWish, Verdict } from './appraisal.ts'
import type { PlatformFamily } from './platform-family.ts'

const STATUSES = {
  affirming: 'AFFIRMING',
  warning: 'WARNING',
  contraindicated: 'CONTRAINDICATED'
} as const satisfies Record<AppraisalStatus, VerdictMessage['status']>

export function fromAppraiseRequest(request: AppraiseRequest__Output): AppraisalWish {
  const { bundle, expectedNonce, referenceValues } = request
  return { bundle, nonce: expectedNonce, referenceValues: referenceValues.map(({ leaf, proof }) => ({ leaf, proof })) }
}

export function toAppraiseResponse(verdict: Verdict, policy: Uint8Array): AppraiseResponse {
  return {
    verdict: toVerdictMessage(verdict),
    collateral: Buffer.from(verdict.collateral),
    policy: Buffer.from(policy)
  }
}

export function fromGetCollateralRequest({ fmspc, ca }: GetCollateralRequest__Output): PlatformFamily {
  if (fmspc.byteLength !== 6) throw new ServiceError('ARGUMENT_INVALID', 'an FMSPC is 6 bytes')
  if (!isPckCa(ca)) throw new ServiceError('ARGUMENT_INVALID', 'ca is "platform" or "processor"')
  return { fmspc: new Uint8Array(fmspc), ca }
}

function toVerdictMessage({ result, trusted, resultBytes, token }: Verdict): VerdictMessage {
  return {
    status: STATUSES[result.status],
    tee: result.tee,
    tcbStatus: tcbStatusOf(result),
    appraisedAt: unixSeconds(result.appraisedAt),
    notAfter: unixSeconds(result.notAfter),
    result: Buffer.from(resultBytes),
    token,
    trusted
  }
}

/** Empty where verification failed before there was one. */
function tcbStatusOf({ platform }: AppraisalResult): string {
  return platform?.tcbStatus ?? ''
}

function isPckCa(ca: string): ca is PckCa {
  return ca === 'platform' || ca === 'processor'
}
