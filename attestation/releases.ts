import { sha256 } from './crypto.ts'
import { encodeHex } from './encoding.ts'
import { AttestationError, type AttestationErrorCode } from './errors.ts'
import { logTrust, type Policy } from './policy.ts'
import type { VerifiedCheckpoint } from './tlog/checkpoint.ts'
import { leafHash } from './tlog/hash.ts'
import { parseLeaf, type ReferenceValueLeaf } from './tlog/leaf.ts'
import { parseLogProof, verifyLogProof } from './tlog/log-proof.ts'
import { releaseSigners } from './tlog/reference-value.ts'

const counted: unique symbol = Symbol('counted')

/** A reference value as the log has it: nobody's word until `countReleases` has checked it. */
export interface ReferenceValueEvidence {
  /** The leaf, byte for byte. */
  readonly leaf: Uint8Array
  /** A C2SP tlog-proof, whose checkpoint may be old and for a release should be. Empty where there is none. */
  readonly proof: Uint8Array
}

type Statement = ReferenceValueLeaf['statement']
export type ReleaseStatement = Extract<Statement, { readonly kind: 'release' }>

/** A measurement set that counts under the policy. */
export interface CountedRelease {
  readonly label: string
  /** RFC 6962 hash of its leaf: what a revocation names. */
  readonly leafHash: Uint8Array
  readonly statement: ReleaseStatement
  /** The checkpoint that is old enough, and the note that its log signed. */
  readonly checkpoint: VerifiedCheckpoint
  readonly note: Uint8Array
}

/** A reference value that does not count, and why. */
export interface UncountedRelease {
  /** Hex of the leaf's hash. */
  readonly leaf: string
  readonly code: AttestationErrorCode
  readonly reason: string
}

/** Reference values as one policy counts them at one time. Only `countReleases` makes one. */
export interface CountedReleases {
  readonly [counted]: true
  readonly releases: readonly CountedRelease[]
  readonly uncounted: readonly UncountedRelease[]
  /** Names which releases count: another digest, another verdict. */
  readonly digest: Uint8Array
}

/** More than any network releases in a year; each costs two signatures. */
export const MAX_REFERENCE_VALUES = 1024

/**
 * Which releases count under a policy. One does when
 *
 * 1. its leaf can be read (`LEAF_MALFORMED`) and is a release that a key of the policy has signed (`RELEASE_UNSIGNED`)
 * 2. no revocation that such a key has signed names it (`RELEASE_REVOKED`): at once, whether or not that is in the log yet
 * 3. it is in a checkpoint of the policy's log: the codes of `verifyLogProof`
 * 4. to which that log itself put a time at least the policy's delay ago (`RELEASE_TOO_YOUNG`), so that whoever watches the log
 *    has had that long to object
 *
 * What does not count is told with its reason. A caller who remembers heads compares the checkpoints of those that do. More than
 * `MAX_REFERENCE_VALUES` are refused (`TOO_LARGE`): the newest, of which a revocation may be one, must not fall off unseen.
 */
export function countReleases(evidence: readonly ReferenceValueEvidence[], policy: Policy, now: Date): CountedReleases {
  const [releases, uncounted]: [CountedRelease[], UncountedRelease[]] = [[], []]
  if (evidence.length > MAX_REFERENCE_VALUES) {
    throw new AttestationError('TOO_LARGE', `${evidence.length} reference values, at most ${MAX_REFERENCE_VALUES}`)
  }
  const revoked = new Set(evidence.flatMap((one) => revocationBy(one, policy)))
  for (const one of evidence) {
    const leaf = encodeHex(leafHash(one.leaf))
    try {
      const release = countRelease(one, policy, now)
      if (release === undefined) continue
      if (revoked.has(leaf)) throw new AttestationError('RELEASE_REVOKED', `${release.label} was revoked`)
      releases.push(release)
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      uncounted.push({ leaf, code: error.code, reason: error.message })
    }
  }
  const digest = sha256(...releases.map((release) => release.leafHash).toSorted(Buffer.compare))
  return Object.freeze({ [counted]: true as const, releases, uncounted, digest })
}

/** Hex of the leaf hash that a revocation names, if it is one that a key of the policy has signed. */
function revocationBy({ leaf }: ReferenceValueEvidence, { releases }: Policy): readonly string[] {
  try {
    const read = parseLeaf(leaf)
    if (read.kind !== 'reference-value' || read.statement.kind !== 'revocation') return []
    return releaseSigners(read, releases.keys).length > 0 ? [encodeHex(read.statement.releaseLeaf)] : []
  } catch (error) {
    if (error instanceof AttestationError) return []
    throw error
  }
}

/** Undefined for a revocation, which is no release. */
function countRelease(evidence: ReferenceValueEvidence, policy: Policy, now: Date): CountedRelease | undefined {
  const leaf = parseLeaf(evidence.leaf)
  if (leaf.kind !== 'reference-value') throw new AttestationError('RELEASE_UNSIGNED', `a leaf of kind ${leaf.kind}`)
  const { statement, label } = leaf
  if (releaseSigners(leaf, policy.releases.keys).length === 0) {
    throw new AttestationError('RELEASE_UNSIGNED', `${label} is signed by no release key of the policy`)
  }
  if (statement.kind === 'revocation') return undefined
  const trust = logTrust(policy)
  if (trust === null)
    throw new AttestationError('RELEASE_TOO_YOUNG', 'the policy names no log, so nothing shows an age')
  const proof = parseLogProof(evidence.proof)
  const checkpoint = verifyLogProof(proof, evidence.leaf, trust)
  checkDelay(label, checkpoint, policy, now)
  return { label, leafHash: leafHash(evidence.leaf), statement, checkpoint, note: proof.checkpoint }
}

function checkDelay(label: string, { timestamp }: VerifiedCheckpoint, { releases }: Policy, now: Date): void {
  const age = timestamp === null ? undefined : Math.floor(now.getTime() / 1000) - Number(timestamp)
  if (age !== undefined && age >= releases.delaySeconds) return
  const found = age === undefined ? 'for a time that nobody says' : `for ${age} s`
  const message = `${label} is proven to be in the log ${found}, at least ${releases.delaySeconds} s wanted`
  throw new AttestationError('RELEASE_TOO_YOUNG', message)
}
