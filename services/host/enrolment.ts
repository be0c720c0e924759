import { encodeBundle } from '../../attestation/bundle.ts'
import { signEd25519 } from '../../attestation/crypto.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { challengeNonce, reportData } from '../../attestation/session/keyset.ts'
import type { Logger } from '../runtime/log.ts'
import { backoffDelay, pause } from './backoff.ts'
import type { Collector } from './collector.ts'
import type { HostIdentity } from './identity.ts'
import type { Declaration, Enrolment, Registry } from './registry.ts'

export interface EnrolmentContext {
  readonly registry: Registry
  readonly collector: Collector
  readonly declaration: Declaration
  readonly logger: Logger
  /** A new keyset; made anew for every attempt, because its age counts. */
  readonly createIdentity: () => HostIdentity
  readonly signal: AbortSignal
}

export interface Enrolled {
  readonly identity: HostIdentity
  readonly enrolment: Enrolment
}

const BACKOFF = { firstMs: 1_000, mostMs: 60_000 }
const WITHDRAW_LABEL = encodeUtf8('bombyx/withdraw/v1')

/**
 * Attests until the registry lists the host, with growing waits between attempts. A refusal is logged with every
 * finding, and tried again too: what was refused may be mended outside. Undefined when `signal` aborts.
 */
export async function enrolUntilListed(context: EnrolmentContext): Promise<Enrolled | undefined> {
  for (let attempt = 0; !context.signal.aborted; attempt++) {
    const identity = context.createIdentity()
    try {
      const enrolment = await attest(identity, context)
      if (enrolment.listed) return { identity, enrolment }
      logRefusal(enrolment, identity, context.logger)
    } catch (error) {
      context.logger.warn('the host could not be attested', { attempt }, error)
    }
    identity[Symbol.dispose]()
    await pause(backoffDelay(BACKOFF, attempt, Math.random()), context.signal)
  }
  return undefined
}

/** Challenge, evidence over its nonce and this keyset, appraisal. */
async function attest(identity: HostIdentity, context: EnrolmentContext): Promise<Enrolment> {
  const challenge = await context.registry.challenge(context.signal)
  const { digest, bytes } = identity.keyset
  const evidence = await context.collector.collect(reportData(digest, challengeNonce(challenge)))
  const bundle = encodeBundle({ challenge, keyset: bytes, ...evidence })
  return context.registry.enrol(bundle, context.declaration, context.signal)
}

/** Delists the host at once. A registry that cannot be reached notices by the lapse. */
export async function withdraw(identity: HostIdentity, registry: Registry): Promise<void> {
  const { digest } = identity.keyset
  await registry.withdraw(digest, signEd25519(identity.sessionKey, concatBytes(WITHDRAW_LABEL, digest)))
}

function logRefusal(enrolment: Enrolment, { keyset }: HostIdentity, logger: Logger): void {
  const { status, tee, tcbStatus, findings } = enrolment
  logger.warn('the host was refused', { keysetDigest: encodeHex(keyset.digest), status, tee, tcbStatus })
  for (const { code, claim, remedy } of findings) logger.warn('finding', { code, name: claim, reason: remedy })
}
