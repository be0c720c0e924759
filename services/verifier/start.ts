import { encodePolicy, type Policy } from '../../attestation/policy.ts'
import { encodeResultKeySet } from '../../attestation/result-token.ts'
import type { VerifierHandlers } from '../../proto/gen/bombyx/v1/Verifier.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { bindService, startGrpcServer } from '../runtime/grpc.ts'
import { requireTokens } from '../runtime/listen.ts'
import { readTokens } from '../runtime/tokens.ts'
import { type AppraisalContext, appraiseEvidence } from './appraisal.ts'
import { startAppraisalThreads } from './appraisal-threads.ts'
import { collateralCache } from './collateral-cache.ts'
import { firstOf, folderSource } from './collateral-folder.ts'
import type { CollateralConfig, VerifierConfig } from './config.ts'
import {
  type DeviceEndorsementSource,
  type DeviceParts,
  deviceEndorsementSource,
  NO_ENDORSEMENTS,
  partsBehind
} from './device-endorsements.ts'
import { deviceFolder } from './device-folder.ts'
import { verifierHandlers } from './handlers.ts'
import { measureAppraisals } from './metrics.ts'
import { type NvidiaServices, nvidiaServices } from './nvidia-services.ts'
import { pcsSource } from './pcs.ts'
import type { CollateralSource } from './platform-family.ts'
import { openPolicy } from './policy-choice.ts'
import { openSigningKey } from './signing-key.ts'

export { readCollateralConfig } from './config.ts'
export { inspectManifests } from './inspect-manifests.ts'
export type { CollateralSource, PlatformFamily } from './platform-family.ts'

export interface VerifierService extends AsyncDisposable {
  readonly authority: string
}

const REFRESH_TICK_MS = 30_000

export async function startVerifier(
  config: VerifierConfig,
  context?: Partial<ServiceContext>
): Promise<VerifierService> {
  const full = completeContext('verifier', context)
  await using stack = new AsyncDisposableStack()
  const tokens = requireTokens(config.listen, config.tokens === undefined ? undefined : await readTokens(config.tokens))
  const policy = await openPolicy(config.policy)
  const signing = await openSigningKey(config.signingKey)
  const cache = stack.use(collateralCache(collateralSource(config.collateral), config.collateral.refresh, full))
  const nvidia = openNvidia(config.collateral, policy, full)
  if (nvidia !== undefined) stack.use(nvidia)
  const refreshing = [cache, ...(nvidia === undefined ? [] : [nvidia])]
  const ticking = setInterval(() => {
    for (const each of refreshing) each.refreshDue()
  }, REFRESH_TICK_MS).unref()
  stack.defer(() => clearInterval(ticking))
  const signer = { issuer: config.issuer, keyId: signing.keyId, key: signing.key }
  const appraisal: AppraisalContext = {
    now: full.now,
    work: stack.use(startAppraisalThreads(policy, signer, config.threads)),
    getCollateral: (family) => cache.get(family),
    getOpinion: async (wants) => nvidia?.opinion(wants),
    getDeviceEndorsements: deviceSource(config.collateral, nvidia, policy)
  }
  const measured = measureAppraisals(full)
  const handlers = verifierHandlers(
    {
      appraise: (wish) => measured(() => appraiseEvidence(wish, appraisal)),
      getCollateral: appraisal.getCollateral,
      policy: encodePolicy(policy),
      keySet: encodeResultKeySet([signing])
    },
    tokens
  )
  const server = stack.use(
    await startGrpcServer({
      ...config.listen,
      services: [bindService<VerifierHandlers>(bombyxV1.Verifier.service, handlers)],
      reflection: packageDefinition,
      logger: full.logger,
      metrics: full.metrics
    })
  )
  const running = stack.move()
  return { authority: server.authority, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Nobody is asked under a policy that trusts no device. */
function openNvidia(
  { nvidia }: CollateralConfig,
  { devices }: Policy,
  context: ServiceContext
): NvidiaServices | undefined {
  if (nvidia === undefined || devices.deviceRoots.length === 0) return undefined
  return nvidiaServices(nvidia, devices.rimRoots, context)
}

/** NVIDIA's services, a folder, or both, as they are configured. What neither has nobody says: appraisal refuses what wants it. */
function deviceSource(
  { folder }: CollateralConfig,
  services: DeviceParts | undefined,
  { devices }: Policy
): DeviceEndorsementSource {
  const stored = folder === undefined ? undefined : deviceFolder(folder)
  const parts = services && stored ? partsBehind(services, stored) : (services ?? stored)
  return parts === undefined ? async () => NO_ENDORSEMENTS : deviceEndorsementSource(parts, devices)
}

/** Intel's service, a folder, or both, as they are configured. */
export function collateralSource({ service, folder }: CollateralConfig): CollateralSource {
  return firstOf([
    ...(service === undefined ? [] : [pcsSource(service)]),
    ...(folder === undefined ? [] : [folderSource(folder)])
  ])
}
