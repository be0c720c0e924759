import { encodeBundle } from '../../attestation/bundle.ts'
import { signEd25519 } from '../../attestation/crypto.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { challengeNonce, gpuNonce, reportData } from '../../attestation/session/keyset.ts'
import type { Logger } from '../runtime/log.ts'
import { backoffDelay, pause } from './backoff.ts'
import type { Collector } from './collector.ts'
import type { AdmittedDevices } from './device-gate.ts'
import type { DeviceCollector } from './devices.ts'
import type { HostIdentity } from './identity.ts'
import type { Declaration, Enrolment, Registry } from './registry.ts'

export interface EnrolmentContext {
  readonly registry: Registry
  readonly collector: Collector
  readonly declaration: Declaration
  readonly logger: Logger
  readonly devices: DeviceCollector
  /** Attests the guest's own devices; throws when one does not pass. */
  readonly admitDevices: () => Promise<AdmittedDevices>
  /** A new keyset, made once the devices have passed; anew for every attempt, because its age counts. */
  readonly createIdentity: (devices: AdmittedDevices) => HostIdentity
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
    try {
      const enrolled = await enrolOnce(context)
      if (enrolled !== undefined) return enrolled
    } catch (error) {
      context.logger.warn('the host could not be attested', { attempt }, error)
    }
    await pause(backoffDelay(BACKOFF, attempt, Math.random()), context.signal)
  }
  return undefined
}

/** Undefined when the registry refuses the host. The keys of an attempt that fails are erased. */
async function enrolOnce(context: EnrolmentContext): Promise<Enrolled | undefined> {
  const identity = context.createIdentity(await context.admitDevices())
  try {
    const enrolment = await attest(identity, context)
    if (enrolment.listed) {
      identity.logIndex = enrolment.logIndex
      return { identity, enrolment }
    }
    logRefusal(enrolment, identity, context.logger)
  } catch (error) {
    identity[Symbol.dispose]()
    throw error
  }
  identity[Symbol.dispose]()
  return undefined
}

/** Challenge, evidence over its nonce and this keyset, appraisal. */
async function attest(identity: HostIdentity, context: EnrolmentContext): Promise<Enrolment> {
  const challenge = await context.registry.challenge(context.signal)
  const { digest, bytes } = identity.keyset
  const nonce = challengeNonce(challenge)
  const devices = await context.devices.collect(gpuNonce(digest, nonce))
  const evidence = await context.collector.collect(reportData(digest, nonce))
  const bundle = encodeBundle({ challenge, keyset: bytes, ...evidence, devices })
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
