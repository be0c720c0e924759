import { contraindicated, refusalFinding } from './appraisal/findings.ts'
import type { AppraisedHost } from './appraise.ts'
import { subjectId } from './attestation-leaf.ts'
import { equalBytes } from './crypto.ts'
import { encodeHex } from './encoding.ts'
import { AttestationError } from './errors.ts'
import { logTrust, type Policy } from './policy.ts'
import type { Finding } from './result.ts'
import { checkCheckpointAge, type VerifiedCheckpoint } from './tlog/checkpoint.ts'
import { type AttestationLeaf, parseLeaf } from './tlog/leaf.ts'
import { parseLogProof, verifyLogProof } from './tlog/log-proof.ts'

const admitted: unique symbol = Symbol('admitted')

/** What comes with a host to show that its attestation is in the log: nobody's word until `admitHost` has checked it. */
export interface LogEvidence {
  /** The leaf, byte for byte. */
  readonly leaf: Uint8Array
  /** C2SP tlog-proof: the leaf's index, its inclusion proof and a signed checkpoint. */
  readonly proof: Uint8Array
}

/** That a host's attestation is in the log that the policy names. */
export interface LogInclusion {
  readonly leaf: AttestationLeaf
  readonly leafIndex: bigint
  readonly checkpoint: VerifiedCheckpoint
  /** The checkpoint as the log signed it, to be remembered: a log that forks is found by its own signatures. */
  readonly note: Uint8Array
}

/** An appraised host that meets the policy's log rules too. Only `admitHost` makes one; sessions are opened with nothing else. */
export interface AdmittedHost extends AppraisedHost {
  readonly [admitted]: true
  /** Null where the policy wants no log. */
  readonly inclusion: LogInclusion | null
}

export type Admission =
  | { readonly kind: 'admitted'; readonly host: AdmittedHost }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }

/**
 * Judges a host by the log rules of the policy that it was appraised under, and admits it:
 *
 * 1. a policy whose log is `none` wants nothing
 * 2. leaf and proof are there (`LOG_PROOF_MISSING`) and can be read (`LEAF_MALFORMED`, `PROOF_MALFORMED`)
 * 3. the checkpoint is the named log's, signed and cosigned by the witnesses asked for, and the leaf is in its tree: the codes
 *    of `verifyLogProof`
 * 4. the log itself put a time to the checkpoint, and that is recent enough (`CHECKPOINT_STALE`)
 * 5. the leaf is an attestation (`LEAF_KIND_MISMATCH`) of this host, keyset, evidence, collateral and nonce, whose preimage it
 *    carries (`LEAF_MISMATCH`, one for each that differs)
 * 6. it is in date (`LEAF_LAPSED`)
 *
 * Whoever calls this compares the checkpoint with those it remembers: a fork is seen only so.
 */
export function admitHost(host: AppraisedHost, evidence: LogEvidence | null, policy: Policy, now: Date): Admission {
  if (!equalBytes(host.result.policy.digest, policy.digest)) {
    throw new TypeError('the host was appraised under another policy')
  }
  if (policy.log.kind === 'none') return admit(host, null)
  if (evidence === null || evidence.leaf.byteLength === 0 || evidence.proof.byteLength === 0) {
    return refuse([contraindicated('LOG_PROOF_MISSING', `inclusion in the log ${policy.log.key.name}`, 'no proof')])
  }
  try {
    const leaf = parseLeaf(evidence.leaf)
    const { checkpoint, leafIndex, note } = verifyProof(evidence, policy, now)
    if (leaf.kind !== 'attestation') return refuse([contraindicated('LEAF_KIND_MISMATCH', 'attestation', leaf.kind)])
    const findings = [...agreementFindings(leaf, host), ...dateFindings(leaf, policy, now)]
    return findings.length > 0 ? refuse(findings) : admit(host, { leaf, leafIndex, checkpoint, note })
  } catch (error) {
    // What cannot be read is as good as no proof: whoever hands it over is not trusted, and others may have better.
    if (!(error instanceof AttestationError)) throw error
    return refuse([refusalFinding(error)])
  }
}

function verifyProof({ leaf, proof }: LogEvidence, policy: Policy, now: Date): Omit<LogInclusion, 'leaf'> {
  const trust = logTrust(policy)
  if (trust === null || policy.log.kind === 'none') throw new TypeError('the policy names no log')
  const logProof = parseLogProof(proof)
  const checkpoint = verifyLogProof(logProof, leaf, trust)
  const { maximumCheckpointAgeSeconds: maximumAge } = policy.log
  checkCheckpointAge(checkpoint, { now, maximumAge, clockSkew: policy.freshness.clockSkewSeconds })
  return { checkpoint, leafIndex: logProof.leafIndex, note: logProof.checkpoint }
}

/** The nonce stands for the challenge: a leaf is not read unless its nonce is that of the challenge in it. */
function agreementFindings(leaf: AttestationLeaf, { keyset, keysetDigest, result }: AppraisedHost): readonly Finding[] {
  const pairs = [
    ['host', subjectId(keyset.subject), leaf.host],
    ['keyset', keysetDigest, leaf.keysetDigest],
    ['evidence', result.bundleDigest, leaf.evidenceDigest],
    ['collateral', result.collateralDigest, leaf.collateralDigest],
    ['nonce', result.nonce, leaf.nonce]
  ] as const
  return pairs.flatMap(([name, own, logged]) => {
    if (own !== null && equalBytes(own, logged)) return []
    return [contraindicated('LEAF_MISMATCH', `${name} ${own === null ? 'unknown' : encodeHex(own)}`, encodeHex(logged))]
  })
}

function dateFindings({ appraisedAt, expiresAt }: AttestationLeaf, policy: Policy, now: Date): readonly Finding[] {
  const latest = now.getTime() + policy.freshness.clockSkewSeconds * 1000
  if (now < expiresAt && appraisedAt.getTime() <= latest) return []
  const actual = `from ${appraisedAt.toISOString()} until ${expiresAt.toISOString()}`
  return [contraindicated('LEAF_LAPSED', `an attestation that holds at ${now.toISOString()}`, actual)]
}

/** The log's word on a host ends with the leaf, so the host's does too. */
function admit(host: AppraisedHost, inclusion: LogInclusion | null): Admission {
  const expiry = inclusion === null ? Number.POSITIVE_INFINITY : Math.floor(inclusion.leaf.expiresAt.getTime() / 1000)
  const notAfter = Math.min(host.notAfter, expiry)
  return { kind: 'admitted', host: Object.freeze({ ...host, notAfter, [admitted]: true as const, inclusion }) }
}

function refuse(findings: readonly Finding[]): Admission {
  return { kind: 'refused', findings }
}
