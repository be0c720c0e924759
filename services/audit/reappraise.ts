import { appraiseBundle } from '../../attestation/appraise.ts'
import { attestationLeaf } from '../../attestation/attestation-leaf.ts'
import { parseBundle } from '../../attestation/bundle.ts'
import { equalBytes, sha256Hex } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { type Endorsements, parseEndorsements } from '../../attestation/endorsements.ts'
import { AttestationError } from '../../attestation/errors.ts'
import type { JsonValue } from '../../attestation/jcs.ts'
import { keepByDigest } from '../../attestation/kept.ts'
import { type Policy, parsePolicy } from '../../attestation/policy.ts'
import { type AttestationLeaf, encodeLeaf } from '../../attestation/tlog/leaf.ts'
import type { AuditFinding } from './findings.ts'

/** What an attestation's leaf names by digest, each compared with it. */
export interface LeafBlobs {
  readonly evidence: Uint8Array
  readonly collateral: Uint8Array
  readonly policy: Uint8Array
}

const keepPolicy = keepByDigest<Policy>(64)
/** Up to 3 MiB each, and hosts of one kind have them in common. */
const keepEndorsements = keepByDigest<Endorsements>(32)

/**
 * Appraises the evidence again, with the collateral and policy and at the time that the leaf names, and compares what the log
 * would have to say with what it says, member by member. Nothing found: byte for byte the same leaf. The log's own leaf plays
 * no part in the verdict, as it played none when it was written.
 */
export function reappraise(bytes: Uint8Array, leaf: AttestationLeaf, blobs: LeafBlobs): readonly AuditFinding[] {
  let expected: AttestationLeaf
  try {
    const policy = readPolicy(blobs.policy)
    const missing = whatIsMissing(policy)
    if (missing !== undefined) return [{ code: 'VERDICT_UNCHECKED', message: missing }]
    expected = appraiseAgain(leaf, blobs, policy)
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    return [{ code: 'EVIDENCE_UNREADABLE', message: `${error.code}: ${error.message}` }]
  }
  if (equalBytes(encodeLeaf(expected), bytes)) return []
  const differences = differingMembers(leaf, expected)
  return [{ code: 'VERDICT_MISMATCH', message: `appraised again, the leaf would say ${differences.join('; ')}` }]
}

/** What the log does not keep of what the policy's verdict was made of. */
function whatIsMissing({ devices, referenceValues }: Policy): string | undefined {
  if (devices.remoteAttestation === 'required') {
    return "the policy wants NVIDIA's remote opinion, whose keys the log does not keep"
  }
  if (Object.values(referenceValues).includes('released')) {
    return 'the policy wants released values, and which of them counted then is not in the leaf'
  }
  return undefined
}

function appraiseAgain(leaf: AttestationLeaf, blobs: LeafBlobs, policy: Policy): AttestationLeaf {
  const bundle = parseBundle(blobs.evidence)
  const endorsements = keepEndorsements(sha256Hex(blobs.collateral), () => parseEndorsements(blobs.collateral))
  const challenge = { kind: 'expected', nonce: leaf.nonce } as const
  const evidence = { bundle, endorsements, challenge, inclusion: 'apart' } as const
  return attestationLeaf(bundle, appraiseBundle(evidence, policy, leaf.appraisedAt).result)
}

/** A policy, once for each document. Throws `POLICY_MALFORMED`. */
export function readPolicy(document: Uint8Array): Policy {
  return keepPolicy(sha256Hex(document), () => parsePolicy(document))
}

function differingMembers(logged: AttestationLeaf, expected: AttestationLeaf): readonly string[] {
  const flat = (leaf: AttestationLeaf) => ({ ...leaf, ...leaf.result, result: undefined, challenge: undefined })
  const [ours, theirs] = [flat(expected), flat(logged)] as Readonly<Record<string, unknown>>[]
  return Object.keys(ours ?? {}).flatMap((name) => {
    const [found, said] = [show(ours?.[name]), show(theirs?.[name])]
    return found === said ? [] : [`${name} ${found} and not ${said}`]
  })
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return encodeHex(value)
  if (value instanceof Date) return value.toISOString()
  return JSON.stringify(value as JsonValue) ?? 'nothing'
}
