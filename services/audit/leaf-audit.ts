import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { type AttestationLeaf, type LogLeaf, parseLeaf, type ReferenceValueLeaf } from '../../attestation/tlog/leaf.ts'
import { releaseSigners } from '../../attestation/tlog/reference-value.ts'
import type { BeaconCheck } from './beacons.ts'
import type { FetchBlob } from './blobs.ts'
import type { AuditFinding } from './findings.ts'
import { type LeafBlobs, readPolicy } from './reappraise.ts'
import { CLOCK_SKEW_SECONDS, type TimeBounds } from './times.ts'

/** Counts of what was done, summed over leaves. */
export interface LeafCounts {
  readonly leaves: Readonly<Record<LogLeaf['kind'] | 'unreadable', number>>
  /** Attestations whose evidence was appraised again, and agreed. */
  readonly appraised: number
  /** Attestations that were not looked into, because only one host's were asked for. */
  readonly skipped: number
  /** Beacons that are blocks of the chain. */
  readonly beacons: number
}

export const NO_LEAVES: LeafCounts = {
  leaves: { attestation: 0, policy: 0, 'reference-value': 0, quarantine: 0, usage: 0, unreadable: 0 },
  appraised: 0,
  skipped: 0,
  beacons: 0
}

export interface LeafAudited {
  readonly kind: LogLeaf['kind'] | 'unreadable'
  readonly findings: readonly AuditFinding[]
  readonly appraised: boolean
  readonly skipped: boolean
  readonly beacon: boolean
}

export interface LeafContext {
  readonly fetch: FetchBlob
  /** For what many leaves have in common. */
  readonly fetchShared: FetchBlob
  readonly reappraise: (bytes: Uint8Array, leaf: AttestationLeaf, blobs: LeafBlobs) => Promise<readonly AuditFinding[]>
  readonly checkBeacon: BeaconCheck
  /** Undefined: no time is known of any head. */
  readonly bounds: (index: bigint) => TimeBounds
  readonly onAttestation?: ((seen: SeenAttestation) => void) | undefined
  /** Only this host's attestations are looked into. */
  readonly host: Uint8Array | undefined
}

/** An attestation that was looked into, and what came of it. */
export interface SeenAttestation {
  readonly index: bigint
  readonly bytes: Uint8Array
  readonly leaf: AttestationLeaf
  readonly bounds: TimeBounds
  /** Its challenge's block is the chain's. */
  readonly isBlock: boolean
  readonly findings: readonly AuditFinding[]
}

/**
 * One leaf: that it can be read, that what it names is there, that its times agree with those of the heads before and after
 * it, and of an attestation that its beacon is the chain's and its verdict what the evidence gives.
 */
export async function auditLeaf(bytes: Uint8Array, index: bigint, context: LeafContext): Promise<LeafAudited> {
  let leaf: LogLeaf
  try {
    leaf = parseLeaf(bytes)
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    const findings = at(index, [{ code: 'LEAF_UNREADABLE', message: error.message }])
    return { kind: 'unreadable', findings, appraised: false, skipped: false, beacon: false }
  }
  if (leaf.kind === 'attestation') return auditAttestation(bytes, leaf, index, context)
  const findings = await OTHER_KINDS[leaf.kind](leaf as never, context)
  return { kind: leaf.kind, findings: at(index, findings), appraised: false, skipped: false, beacon: false }
}

async function auditAttestation(
  bytes: Uint8Array,
  leaf: AttestationLeaf,
  index: bigint,
  context: LeafContext
): Promise<LeafAudited> {
  const { host } = context
  if (host !== undefined && encodeHex(host) !== encodeHex(leaf.host)) {
    return { kind: 'attestation', findings: [], appraised: false, skipped: true, beacon: false }
  }
  const bounds = context.bounds(index)
  const [beacon, verdict] = await Promise.all([
    context.checkBeacon(leaf.challenge, bounds),
    appraiseLeaf(bytes, leaf, context)
  ])
  const findings = at(index, [...timeFindings(leaf.appraisedAt, bounds), ...beacon.findings, ...verdict])
  context.onAttestation?.({ index, bytes, leaf, bounds, isBlock: beacon.isBlock, findings })
  return {
    kind: 'attestation',
    findings,
    appraised: verdict.length === 0,
    skipped: false,
    beacon: beacon.isBlock
  }
}

async function appraiseLeaf(
  bytes: Uint8Array,
  leaf: AttestationLeaf,
  { fetch, fetchShared, reappraise }: LeafContext
): Promise<readonly AuditFinding[]> {
  const [evidence, collateral, policy] = await Promise.all([
    fetch(leaf.evidenceDigest),
    fetchShared(leaf.collateralDigest),
    fetchShared(leaf.policyDigest)
  ])
  const wrong = [evidence, collateral, policy].flatMap((blob) => (blob.kind === 'wrong' ? [blob.finding] : []))
  if (evidence.kind === 'wrong' || collateral.kind === 'wrong' || policy.kind === 'wrong') return wrong
  return reappraise(bytes, leaf, { evidence: evidence.bytes, collateral: collateral.bytes, policy: policy.bytes })
}

/** A registry may wait for a log that is away; longer than this, a leaf that claims to be older is not believed. */
const MOST_DELAY_SECONDS = 3_600

function timeFindings(appraisedAt: Date, { notBefore, notAfter }: TimeBounds): readonly AuditFinding[] {
  const seconds = appraisedAt.getTime() / 1000
  if (notBefore !== undefined && seconds < notBefore.at - MOST_DELAY_SECONDS) {
    const message = `claims ${appraisedAt.toISOString()}, and ${notBefore.what} did not have it yet`
    return [{ code: 'LEAF_BACKDATED', message }]
  }
  if (notAfter !== undefined && seconds > notAfter.at + CLOCK_SKEW_SECONDS) {
    const message = `claims ${appraisedAt.toISOString()}, and ${notAfter.what} had it already`
    return [{ code: 'LEAF_POSTDATED', message }]
  }
  return []
}

const OTHER_KINDS = {
  policy: async ({ policyDigest }: Extract<LogLeaf, { kind: 'policy' }>, { fetchShared }: LeafContext) => {
    const blob = await fetchShared(policyDigest)
    if (blob.kind === 'wrong') return [blob.finding]
    try {
      readPolicy(blob.bytes)
      return []
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      return [{ code: 'EVIDENCE_UNREADABLE', message: `${error.code}: ${error.message}` } as const]
    }
  },
  /** Which keys count is each policy's to say; that those that are named have signed can be seen here. */
  'reference-value': async (leaf: ReferenceValueLeaf) => {
    const keys = leaf.signatures.map(({ key }) => key)
    const unsigned = keys.length - releaseSigners(leaf, keys).length
    if (keys.length > 0 && unsigned === 0) return []
    const message = keys.length === 0 ? 'nobody has signed it' : `${unsigned} of its signatures do not verify`
    return [{ code: 'REFERENCE_UNSIGNED', message } as const]
  },
  quarantine: async () => [],
  usage: async () => []
} as const satisfies Record<
  Exclude<LogLeaf['kind'], 'attestation'>,
  (leaf: never, context: LeafContext) => Promise<readonly AuditFinding[]>
>

function at(index: bigint, findings: readonly AuditFinding[]): readonly AuditFinding[] {
  return findings.map((finding) => ({ ...finding, leaf: String(index) }))
}

export function addCounts(counts: LeafCounts, audited: readonly LeafAudited[]): LeafCounts {
  const leaves = { ...counts.leaves }
  for (const { kind } of audited) leaves[kind] += 1
  const count = (is: (one: LeafAudited) => boolean): number => audited.filter(is).length
  return {
    leaves,
    appraised: counts.appraised + count((one) => one.appraised),
    skipped: counts.skipped + count((one) => one.skipped),
    beacons: counts.beacons + count((one) => one.beacon)
  }
}
