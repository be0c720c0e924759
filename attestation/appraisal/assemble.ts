import type { EvidenceBundle } from '../bundle.ts'
import { equalBytes, sha256 } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import type { DevicesAssessment } from '../nvidia/assess.ts'
import type { Policy } from '../policy.ts'
import type { SecondOpinion } from '../remote-opinion.ts'
import type { AppraisalResult, AppraisalStatus, Finding, PlatformClaims, Tee, WorkloadClaims } from '../result.ts'
import { INTEL_SGX_ROOT } from '../tdx/anchors.ts'
import type { QuoteBody } from '../tdx/body.ts'
import type { VerifiedEventLog } from '../tdx/event-log.ts'
import type { VerifiedTdxQuote } from '../tdx/verify.ts'
import { evidenceEnd } from './binding-rules.ts'
import { deviceClaims } from './device-findings.ts'
import { graceEnd } from './tcb-rules.ts'
import { readWorkload } from './workload-rules.ts'

/** What an appraisal had, and what it found. What is absent was not there or did not verify. */
export interface Assembly {
  readonly policy: Policy
  readonly now: Date
  /** SHA-256 of the endorsements. */
  readonly collateralDigest: Uint8Array
  readonly findings: readonly Finding[]
  readonly bundle?: EvidenceBundle
  readonly verified?: VerifiedTdxQuote
  readonly log?: VerifiedEventLog
  readonly devices?: DevicesAssessment
  readonly opinion?: SecondOpinion | null
}

/** The latest instant that a result's JSON can say. */
const MAX_UNIX_TIME = 0xffff_ffff
const INTEL_ROOT_FINGERPRINT = sha256(INTEL_SGX_ROOT)

/** The findings that say that the quote speaks for other keys: without them the keyset is only somebody's word. */
const UNBINDING = new Set<Finding['code']>(['REPORT_DATA_MISMATCH', 'ROOT_CA_UNTRUSTED', 'WRONG_TEE_TYPE'])

export function assembleResult(assembly: Assembly): AppraisalResult {
  const { policy, bundle, verified, findings } = assembly
  const status = statusOf(findings)
  const appraisedAt = wholeSeconds(assembly.now.getTime())
  return Object.freeze({
    v: 1,
    status,
    tee: verified === undefined ? 'unverified' : teeOf(verified),
    colocation: isGated(assembly) ? 'measured-gate' : 'no-devices',
    appraisedAt,
    notAfter: status === 'contraindicated' ? appraisedAt : validityEnd(assembly),
    policy: Object.freeze({ name: policy.name, digest: policy.digest }),
    nonce: bundle?.nonce ?? null,
    bundleDigest: bundle?.digest ?? null,
    collateralDigest: assembly.collateralDigest,
    platform: verified === undefined ? null : platformClaims(verified),
    workload: workloadClaims(assembly),
    devices: Object.freeze((assembly.devices?.devices ?? []).map(deviceClaims)),
    findings: Object.freeze([...findings])
  })
}

/** No vendor proves that a GPU is on this TD's bus: that rests on the measured guest, which attests its own devices first. */
function isGated({ devices, log }: Assembly): boolean {
  return log !== undefined && (devices?.devices ?? []).some(({ verified }) => verified !== null)
}

function statusOf(findings: readonly Finding[]): AppraisalStatus {
  if (findings.some((finding) => finding.status === 'contraindicated')) return 'contraindicated'
  return findings.length === 0 ? 'affirming' : 'warning'
}

/** By the root that the evidence ends at, not by what the policy hoped for. */
function teeOf({ rootFingerprint, quote }: VerifiedTdxQuote): Tee {
  if (!equalBytes(rootFingerprint, INTEL_ROOT_FINGERPRINT)) return 'virtual'
  return quote.body.kind === 'sgx' ? 'sgx' : 'tdx'
}

/** A second opinion that the policy does not ask for bounds nothing. */
function opinionEnd({ policy, opinion }: Assembly): number | undefined {
  const isUsed = policy.devices.remoteAttestation === 'required' && opinion && 'notAfter' in opinion
  return isUsed ? opinion.notAfter.getTime() : undefined
}

/** The earliest of keyset, maximum age, collateral, what endorses devices, and the grace that a status is in. */
function validityEnd(assembly: Assembly): Date {
  const { bundle, verified, policy, now, devices } = assembly
  const ends = [
    ...(devices?.devices ?? []).map(({ notAfter }) => notAfter.getTime()),
    bundle === undefined ? undefined : evidenceEnd(bundle, policy) * 1000,
    opinionEnd(assembly),
    verified?.collateralNotAfter.getTime(),
    verified === undefined ? undefined : graceEnd(verified, policy)?.getTime()
  ]
  return wholeSeconds(
    Math.min(...ends.map((end) => end ?? Infinity), now.getTime() + policy.freshness.maximumAgeSeconds * 1000)
  )
}

function platformClaims(verified: VerifiedTdxQuote): PlatformClaims {
  const { quote } = verified
  return Object.freeze({
    quoteVersion: quote.header.version,
    rootFingerprint: verified.rootFingerprint,
    fmspc: verified.fmspc,
    tcbStatus: verified.status,
    advisories: verified.advisories,
    tcbDate: verified.tcbDate,
    evaluationDataNumber: verified.evaluationDataNumber,
    collateralNotAfter: verified.collateralNotAfter,
    collateralExpired: verified.collateralExpired,
    reportData: quote.body.reportData,
    trustDomain: trustDomainClaims(quote.body)
  })
}

function trustDomainClaims(body: QuoteBody): PlatformClaims['trustDomain'] {
  if (body.kind === 'sgx') return null
  const { mrTd, rtmrs, mrSeam, mrConfigId, mrOwner, mrOwnerConfig, tdAttributes, xfam, teeTcbSvn } = body
  const mrServiceTd = body.kind === 'tdx15' ? body.mrServiceTd : null
  return { mrTd, rtmrs, mrSeam, mrConfigId, mrOwner, mrOwnerConfig, mrServiceTd, tdAttributes, xfam, teeTcbSvn }
}

function workloadClaims({ bundle, verified, log, findings }: Assembly): WorkloadClaims | null {
  if (bundle === undefined || verified === undefined) return null
  if (findings.some((finding) => UNBINDING.has(finding.code))) return null
  const { keyset, challenge } = bundle
  const measured = log === undefined ? undefined : readWorkload(log)
  return Object.freeze({
    subject: keyset.subject,
    epoch: keyset.epoch,
    keysetDigest: keyset.digest,
    keysetNotAfter: new Date(Math.min(keyset.notAfter, MAX_UNIX_TIME) * 1000),
    beaconNetwork: challenge.network,
    model: keyset.model,
    appId: hexOrNull(measured?.appId),
    composeHash: hexOrNull(measured?.composeHash),
    instanceId: hexOrNull(measured?.instanceId)
  })
}

function hexOrNull(bytes: Uint8Array | null | undefined): string | null {
  return bytes ? encodeHex(bytes) : null
}

function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
