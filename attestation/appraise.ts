import { type Assembly, assembleResult } from './appraisal/assemble.ts'
import { bindingFindings } from './appraisal/binding-rules.ts'
import { bareQuoteFindings, logFindings } from './appraisal/demand-rules.ts'
import { assessBundleDevices, deviceFindings } from './appraisal/device-findings.ts'
import { refusalFinding } from './appraisal/findings.ts'
import { gpuModeFindings } from './appraisal/gpu-mode-rules.ts'
import { verifyKeptQuote } from './appraisal/kept-quotes.ts'
import { quoteFindings } from './appraisal/quote-rules.ts'
import { measuredRegisters } from './appraisal/reference-rules.ts'
import { type MeasuredFields, releaseFindings } from './appraisal/release-rules.ts'
import { readWorkload, workloadFindings } from './appraisal/workload-rules.ts'
import type { EvidenceBundle } from './bundle.ts'
import { sha256 } from './crypto.ts'
import { type Endorsements, tdxEndorsements } from './endorsements.ts'
import { AttestationError } from './errors.ts'
import { assertPolicy, type Policy } from './policy.ts'
import type { CountedReleases } from './releases.ts'
import type { SecondOpinion } from './remote-opinion.ts'
import type { AppraisalResult, Finding, Tee } from './result.ts'
import type { Keyset } from './session/keyset.ts'
import { parseTdxCollateral, type TdxCollateral } from './tdx/collateral.ts'
import { joinEventLogs, type VerifiedEventLog, verifyEventLog } from './tdx/event-log.ts'
import { parseTdxQuote, type TdxQuote } from './tdx/quote.ts'
import type { VerifiedTdxQuote } from './tdx/verify.ts'

const appraised: unique symbol = Symbol('appraised')

/**
 * Which challenge the evidence must answer. Who gave the nonce out says `expected`. A client that reads a stored bundle
 * says `any-fresh`: the evidence is as old as its challenge's block, or as its keyset, and the policy's maximum age holds.
 */
export type ExpectedChallenge =
  | { readonly kind: 'expected'; readonly nonce: Uint8Array }
  | { readonly kind: 'any-fresh' }

/** Evidence of one host, the endorsements to verify it with, and the challenge it must answer. */
export interface HostEvidence {
  readonly bundle: EvidenceBundle
  readonly endorsements: Endorsements
  readonly challenge: ExpectedChallenge
  /** Of NVIDIA's remote service, where somebody asked it: what `readSecondOpinion` gives. */
  readonly secondOpinion?: SecondOpinion
  /** What `countReleases` makes of the reference values at hand. Absent: a policy that wants released values refuses. */
  readonly releases?: CountedReleases
  /** `apart`: `admitHost` judges inclusion in the log, before which nothing is opened. Absent: a policy that wants it refuses. */
  readonly inclusion?: 'apart'
}

/** A quote that comes without a host. */
export interface QuoteEvidence {
  readonly quote: TdxQuote
  readonly collateral: TdxCollateral
}

/** A host whose evidence the policy trusts. Only `appraiseBundle` makes one; `admitHost` then judges it by the log. */
export interface AppraisedHost {
  readonly [appraised]: true
  readonly keyset: Keyset
  readonly keysetDigest: Uint8Array
  /** Unix seconds: from here on the appraisal counts no more. */
  readonly notAfter: number
  readonly tee: 'tdx' | 'virtual'
  readonly result: AppraisalResult
}

/** A host is trusted when its result is at least the policy's `trusted_from`. */
export type Appraisal =
  | { readonly kind: 'trusted'; readonly host: AppraisedHost; readonly result: AppraisalResult }
  | { readonly kind: 'refused'; readonly result: AppraisalResult }

/**
 * Appraises one host: (1) the quote, with the collateral, anchored where the policy says; (2) what the policy says of the
 * platform and the trust domain; (3) REPORT_DATA, challenge, keyset and age; (4) the event log, and the model and
 * configuration it proves, and that what must be released is of one release; (5) devices: their reports, endorsements and modes, and that they are this keyset's; (6) the log.
 * Refusals are findings of the result; evidence or collateral that cannot
 * be read throws.
 */
export function appraiseBundle(evidence: HostEvidence, policy: Policy, now: Date): Appraisal {
  assertPolicy(policy)
  const { bundle, endorsements } = evidence
  const verified = attempt(() => verifyQuote(bundle.quote, endorsements.tdx, policy, now))
  const assembly = { policy, now, collateralDigest: endorsements.digest, bundle }
  if (verified.kind === 'refused') return refuse({ ...assembly, findings: [verified.finding] })
  const log = attempt(() => verifyLogs(bundle, verified.value))
  const devices = assessBundleDevices(bundle, endorsements, policy, now)
  const opinion = evidence.secondOpinion ?? null
  const quoted = verified.value.quote.body.reportData
  const findings = [
    ...quoteFindings(verified.value, policy, now),
    ...bindingFindings({ bundle, challenge: evidence.challenge, quoted }, policy, Math.floor(now.getTime() / 1000)),
    ...(log.kind === 'refused' ? [log.finding] : workloadFindings(bundle, log.value, policy)),
    ...(log.kind === 'refused' ? [] : gpuModeFindings(bundle, log.value, devices)),
    ...releaseFindings(measuredFields(verified.value, bundle, log), evidence.releases, policy),
    ...deviceFindings(bundle, devices, opinion, policy),
    ...(evidence.inclusion === 'apart' ? [] : logFindings(policy))
  ]
  const proven = { verified: verified.value, devices, opinion, ...(log.kind === 'refused' ? {} : { log: log.value }) }
  return decide(bundle.keyset, assembleResult({ ...assembly, ...proven, findings }), policy)
}

/**
 * Appraises a quote that comes without a host. What the policy demands and a quote cannot show (devices, the workload, log
 * inclusion) refuses it. Refusals are findings of the result; collateral that cannot be read throws.
 */
export function appraiseQuote(evidence: QuoteEvidence, policy: Policy, now: Date): AppraisalResult {
  assertPolicy(policy)
  const verified = attempt(() => verifyQuote(evidence.quote, evidence.collateral, policy, now))
  const assembly = { policy, now, collateralDigest: tdxEndorsements(evidence.collateral).digest }
  if (verified.kind === 'refused') return assembleResult({ ...assembly, findings: [verified.finding] })
  const findings = [
    ...quoteFindings(verified.value, policy, now),
    ...releaseFindings(quotedFields(verified.value), undefined, policy),
    ...bareQuoteFindings(policy)
  ]
  return assembleResult({ ...assembly, verified: verified.value, findings })
}

/** `appraiseQuote` of a quote and a collateral document as bytes; throws for what cannot be read. */
export function appraiseTdxEvidence(
  evidence: { readonly quoteBytes: Uint8Array; readonly collateralBytes: Uint8Array },
  policy: Policy,
  now: Date
): AppraisalResult {
  const quote = parseTdxQuote(evidence.quoteBytes)
  return appraiseQuote({ quote, collateral: parseTdxCollateral(evidence.collateralBytes) }, policy, now)
}

function quotedFields({ quote }: VerifiedTdxQuote): MeasuredFields {
  return quote.body.kind === 'sgx' ? new Map() : measuredRegisters(quote.body)
}

function measuredFields(
  verified: VerifiedTdxQuote,
  { keyset }: EvidenceBundle,
  log: Attempt<VerifiedEventLog>
): MeasuredFields {
  const composeHash = log.kind === 'refused' ? null : readWorkload(log.value).composeHash
  return new Map([
    ...quotedFields(verified),
    ['modelWeights', keyset.model.weights],
    ...(composeHash === null ? [] : ([['composeHash', composeHash]] as const))
  ])
}

/**
 * The name of an appraisal in a cache: same evidence, endorsements, policy and releases that count, same verdict until its `notAfter`. The
 * digests are SHA-256 of the bytes as served; with an expected challenge the nonce is compared before the cache is asked.
 */
export function appraisalCacheKey(
  bundleDigest: Uint8Array,
  collateralDigest: Uint8Array,
  policy: Policy,
  releases?: CountedReleases
): Uint8Array {
  const counted = releases === undefined ? [] : [releases.digest]
  return sha256(bundleDigest, collateralDigest, policy.digest, ...counted)
}

type Attempt<T> =
  | { readonly kind: 'verified'; readonly value: T }
  | { readonly kind: 'refused'; readonly finding: Finding }

/** A refusal is a verdict; input that cannot be read is an error of who handed it in. */
function attempt<T>(verify: () => T): Attempt<T> {
  try {
    return { kind: 'verified', value: verify() }
  } catch (error) {
    if (error instanceof AttestationError && error.kind === 'refused') {
      return { kind: 'refused', finding: refusalFinding(error) }
    }
    throw error
  }
}

function verifyQuote(quote: TdxQuote, collateral: TdxCollateral, policy: Policy, now: Date): VerifiedTdxQuote {
  const anchors = {
    intelSgxRoots: [policy.anchor.root],
    dangerouslyAcceptCollateralSecondsPastNextUpdate: policy.tcb.graceAfterNextUpdateSeconds
  }
  return verifyKeptQuote(quote, collateral, anchors, now)
}

/** The firmware's log and the guest's are one log of four registers. */
function verifyLogs({ eventLogs }: EvidenceBundle, { quote }: VerifiedTdxQuote): VerifiedEventLog {
  if (quote.body.kind === 'sgx') throw new AttestationError('WRONG_TEE_TYPE', 'an enclave has no event log')
  return verifyEventLog(joinEventLogs(eventLogs), quote.body.rtmrs)
}

function refuse(assembly: Assembly): Appraisal {
  return { kind: 'refused', result: assembleResult(assembly) }
}

function decide(keyset: Keyset, result: AppraisalResult, policy: Policy): Appraisal {
  const { status } = result
  const isTrusted = status === 'affirming' || (status === 'warning' && policy.trustedFrom === 'warning')
  if (!isTrusted || !isHostTee(result.tee)) return { kind: 'refused', result }
  const host: AppraisedHost = Object.freeze({
    [appraised]: true as const,
    keyset,
    keysetDigest: keyset.digest,
    notAfter: Math.floor(result.notAfter.getTime() / 1000),
    tee: result.tee,
    result
  })
  return { kind: 'trusted', host, result }
}

function isHostTee(tee: Tee): tee is AppraisedHost['tee'] {
  return tee === 'tdx' || tee === 'virtual'
}
