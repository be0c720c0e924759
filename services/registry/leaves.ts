import { attestationLeaf, subjectId } from '../../attestation/attestation-leaf.ts'
import type { EvidenceBundle } from '../../attestation/bundle.ts'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import type { AppraisalResult } from '../../attestation/result.ts'
import { encodeLeaf } from '../../attestation/tlog/leaf.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { OutboxWish } from '../runtime/outbox.ts'
import type { Host } from './host.ts'
import { planQuarantineChange } from './plan.ts'

/** The name that the log knows the registry's sequences by. */
export const WRITER = 'registry'

/** One appraisal, as the log is told of it. */
export interface AttestationWish {
  readonly attestation: OutboxWish
  /** Of the policy that it was appraised under; written the first time that it is used. */
  readonly policy: OutboxWish & { readonly digest: Uint8Array }
}

export interface AppraisedBundle {
  readonly bundle: EvidenceBundle
  readonly bundleBytes: Uint8Array
  readonly collateral: Uint8Array
  readonly result: AppraisalResult
  /** The policy's document. */
  readonly policy: Uint8Array
}

/** INTERNAL for a verifier whose answer does not hang together: nobody could appraise again what the log would say. */
export function attestationWish({ bundle, bundleBytes, collateral, result, policy }: AppraisedBundle): AttestationWish {
  const isWhole =
    result.bundleDigest !== null &&
    equalBytes(result.bundleDigest, bundle.digest) &&
    equalBytes(result.collateralDigest, sha256(collateral)) &&
    equalBytes(result.policy.digest, sha256(policy))
  if (!isWhole) throw new ServiceError('INTERNAL', 'the verifier gave a result that is not of what it came with')
  const { digest, name } = result.policy
  return {
    attestation: {
      leaf: encodeLeaf(attestationLeaf(bundle, result)),
      blobs: [bundleBytes, collateral, policy]
    },
    policy: {
      digest,
      leaf: encodeLeaf({
        kind: 'policy',
        v: 1,
        policyDigest: digest,
        name,
        author: 'verifier',
        effectiveAt: result.appraisedAt
      }),
      blobs: [policy]
    }
  }
}

/** What the log is told when a host is quarantined, for another reason too, or no longer is; undefined: nothing. */
export function quarantineLeaf(before: Host | undefined, after: Host): Uint8Array | undefined {
  const change = planQuarantineChange(before?.standing, after.standing, after.changedAt)
  return change && encodeLeaf({ kind: 'quarantine', v: 1, host: subjectId(after.subject), change })
}
