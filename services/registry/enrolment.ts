import { type EvidenceBundle, parseBundle } from '../../attestation/bundle.ts'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { type AppraisalResult, parseResult } from '../../attestation/result.ts'
import { type Challenge, challengeNonce } from '../../attestation/session/challenge.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import type { Beacon } from './beacon.ts'
import type { Declaration, Evidence, Host, Verdict } from './host.ts'
import { type AttestationWish, attestationWish } from './leaves.ts'
import { findFault, findPayeeHolder, planDevices, planEnrolment, planNextAttestation } from './plan.ts'
import type { Provider, RegistryStore } from './store.ts'

/** What the verifier says of evidence over a nonce, with the collateral that it used. */
export interface Appraised {
  readonly verdict: Verdict
  readonly collateral: Uint8Array | undefined
  /** The document of the policy that it judged by. */
  readonly policy: Uint8Array
}

export interface EnrolmentContext {
  readonly store: RegistryStore
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  /** 0 to 1: the jitter of the next attestation. */
  readonly draw: () => number
  readonly appraise: (bundle: Uint8Array, nonce: Uint8Array) => Promise<Appraised>
  readonly attestIntervalMs: number
  /** A recent block for a challenge to name, or zeros. */
  readonly beacon: () => Promise<Beacon>
  /** Where the log has a host's attestation; undefined where the registry writes to no log. */
  readonly whenLogged: ((host: Host) => Promise<bigint>) | undefined
  readonly logger: Logger
}

export interface EnrolmentRequest {
  readonly bundle: Uint8Array
  readonly declaration: Declaration
}

export interface Enrolment {
  /** Undefined when evidence is refused and nothing recorded: of a host that was not known, or over no proven keyset. */
  readonly host: Host | undefined
  readonly verdict: Verdict
  /** Undefined when the evidence is refused. */
  readonly attestAgainAt: Date | undefined
  /** Where in the log the attestation is; undefined where there is no log, and for refused evidence. */
  readonly logIndex: bigint | undefined
}

const CHALLENGE_LIFE_MS = 300_000

/** A challenge that this provider may answer once, within five minutes. */
export async function createChallenge(provider: Provider, context: EnrolmentContext): Promise<Challenge> {
  const challenge: Challenge = { ...(await context.beacon()), random: context.random(32) }
  const now = context.now()
  const expiresAt = new Date(now.getTime() + CHALLENGE_LIFE_MS)
  await context.store.insertChallenge(challengeNonce(challenge), provider.id, expiresAt, now)
  return challenge
}

/**
 * Has a provider's evidence appraised and records what follows:
 *
 * 1. the bundle parses;
 * 2. its nonce was given to this provider, is unspent and in date; it is spent from here on;
 * 3. its subject is new or this provider's own;
 * 4. the verifier's verdict;
 * 5. refused evidence of a known subject counts only if a verified quote is over its keyset: any other could be put
 *    together by whoever has the provider's token, and would take a healthy host off the list;
 * 6. the plan, made and written with the host's row locked; of good evidence only if no other host has its devices, and none of
 *    this provider's its payee. Where there is a log, the attestation's leaf goes into the outbox in the same transaction;
 * 7. the log has the leaf in a signed checkpoint: before that nobody is told of the host.
 */
export async function enrol(
  provider: Provider,
  request: EnrolmentRequest,
  context: EnrolmentContext
): Promise<Enrolment> {
  const bundle = parseBundle(request.bundle)
  await spendChallenge(bundle.nonce, provider, context)
  const known = await context.store.findHost({ subject: bundle.keyset.subject })
  requireOwner(known, provider)
  const appraised = await context.appraise(request.bundle, bundle.nonce)
  const { verdict } = appraised
  const wish = context.whenLogged && wishOf(bundle, request.bundle, appraised)
  const evidence = describeEvidence(bundle, appraised, wish)
  const good = findFault(evidence, context.now()) === undefined
  const counts = good || (known !== undefined && isProven(bundle, verdict))
  const host = counts ? await record(provider, request, { evidence, ...appraised, wish }, context) : undefined
  context.logger.info(good ? 'evidence accepted' : 'evidence refused', describe(provider, bundle, verdict, host))
  const logIndex = good && host?.evidence.logged !== undefined ? await context.whenLogged?.(host) : undefined
  return { host, verdict, attestAgainAt: good ? nextAttestation(verdict, context) : undefined, logIndex }
}

/** Undefined for evidence that was refused before it took collateral: nobody could appraise it again. */
function wishOf(
  bundle: EvidenceBundle,
  bundleBytes: Uint8Array,
  { verdict, collateral, policy }: Appraised
): AttestationWish | undefined {
  if (collateral === undefined) return undefined
  return attestationWish({ bundle, bundleBytes, collateral, result: readResult(verdict), policy })
}

async function spendChallenge(nonce: Uint8Array, provider: Provider, context: EnrolmentContext): Promise<void> {
  const expiresAt = await context.store.takeChallenge(nonce, provider.id)
  if (expiresAt === undefined) {
    throw new ServiceError(
      'CHALLENGE_UNKNOWN',
      'the evidence is over a nonce that this provider was not given, or has used'
    )
  }
  if (expiresAt <= context.now()) throw new ServiceError('CHALLENGE_LAPSED', 'the evidence came after five minutes')
}

function requireOwner(host: Host | undefined, provider: Provider): void {
  if (host === undefined || host.providerId === provider.id) return
  throw new ServiceError('SUBJECT_TAKEN', `${host.subject} belongs to another provider`)
}

/** Whether a quote that verified is over the bundle's keyset, whatever else the verifier refuses. */
function isProven({ keyset }: EvidenceBundle, verdict: Verdict): boolean {
  const { workload } = readResult(verdict)
  return workload !== null && equalBytes(workload.keysetDigest, keyset.digest)
}

/** The devices that good evidence proves, by what is the same for each under whatever firmware; undefined: it proves none. */
function provenDevices({ verdict }: Evidence, isGood: boolean): readonly Uint8Array[] | undefined {
  return isGood ? readResult(verdict).devices.flatMap(({ identity }) => identity ?? []) : undefined
}

function readResult({ result }: Verdict): AppraisalResult {
  try {
    return parseResult(result)
  } catch (cause) {
    if (!(cause instanceof AttestationError)) throw cause
    throw new ServiceError('INTERNAL', 'the verifier gave a result that cannot be read', { cause })
  }
}

function describeEvidence(
  bundle: EvidenceBundle,
  { verdict, collateral }: Appraised,
  wish: AttestationWish | undefined
): SubjectEvidence {
  return {
    subject: bundle.keyset.subject,
    keyset: bundle.keyset.bytes,
    keysetDigest: bundle.keyset.digest,
    bundleDigest: bundle.digest,
    collateralDigest: collateral === undefined ? undefined : sha256(collateral),
    verdict,
    logged: wish && { leaf: wish.attestation.leaf, index: undefined }
  }
}

interface Recorded {
  readonly evidence: SubjectEvidence
  readonly collateral: Uint8Array | undefined
  readonly wish: AttestationWish | undefined
}

// Blobs come first: a listed host's evidence can always be fetched.
async function record(
  provider: Provider,
  request: EnrolmentRequest,
  { evidence, collateral, wish }: Recorded,
  context: EnrolmentContext
): Promise<Host | undefined> {
  const { store, now } = context
  await store.insertBlob(request.bundle, now())
  if (collateral !== undefined) await store.insertBlob(collateral, now())
  const isGood = findFault(evidence, now()) === undefined
  const devices = provenDevices(evidence, isGood)
  const payee = isGood ? request.declaration.payee : undefined
  const claim = { subject: evidence.subject, providerId: provider.id, devices, payee }
  return store.enrolHost(claim, (current, holders) => {
    requireOwner(current, provider)
    const plan = planEnrolment(current, evidence, now())
    if (plan.kind === 'refuse') return undefined
    const displaced = requireDevices(provider, holders.devices, now())
    requirePayee(findPayeeHolder(holders.payee, displaced, now()))
    const host = current ?? newHost(provider, evidence.subject, context)
    const changedAt = current?.standing.kind === plan.standing.kind ? host.changedAt : now()
    return {
      host: { ...host, evidence, declaration: request.declaration, standing: plan.standing, changedAt },
      displaced,
      attestation: wish
    }
  })
}

/** What the owner of the other host calls it is not told to a stranger. */
function requireDevices(provider: Provider, holders: readonly Host[], now: Date): readonly Host[] {
  const plan = planDevices(provider.id, holders, now)
  if (plan.kind === 'held') return plan.displaced
  const end = plan.by.evidence.verdict.notAfter.toISOString()
  throw new ServiceError(
    'DEVICE_TAKEN',
    `a device of this evidence is in another host's, which is in date until ${end}: that one withdraws it, or wait`
  )
}

function requirePayee(holder: Host | undefined): void {
  if (holder === undefined) return
  const end = holder.evidence.verdict.notAfter.toISOString()
  throw new ServiceError(
    'PAYEE_TAKEN',
    `the payee is ${holder.subject}'s, whose evidence is in date until ${end}: each host has a payee of its own`
  )
}

type SubjectEvidence = Evidence & { readonly subject: string }
type NewHost = Pick<Host, 'id' | 'providerId' | 'provider' | 'subject' | 'enrolledAt' | 'changedAt'>

function newHost(provider: Provider, subject: string, { random, now }: EnrolmentContext): NewHost {
  const enrolledAt = now()
  return {
    id: random(16),
    providerId: provider.id,
    provider: provider.name,
    subject,
    enrolledAt,
    changedAt: enrolledAt
  }
}

function nextAttestation(verdict: Verdict, { now, draw, attestIntervalMs }: EnrolmentContext): Date {
  return planNextAttestation(now(), verdict.notAfter, attestIntervalMs, draw())
}

function describe(provider: Provider, bundle: EvidenceBundle, verdict: Verdict, host: Host | undefined) {
  return {
    provider: provider.name,
    subject: bundle.keyset.subject,
    keysetDigest: encodeHex(bundle.keyset.digest),
    status: verdict.status,
    tcbStatus: verdict.tcbStatus,
    tee: verdict.tee,
    state: host?.standing.kind ?? 'unknown'
  }
}
