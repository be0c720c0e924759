import { describe, expect, it } from 'vitest'
import { appraiseBundle } from '../../../attestation/appraise.ts'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodePolicy, virtualPolicy } from '../../../attestation/policy.ts'
import type { AppraisalResult } from '../../../attestation/result.ts'
import { parseLeaf } from '../../../attestation/tlog/leaf.ts'
import { type AppraisedBundle, attestationWish } from '../../../services/registry/leaves.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate)
const { bundle, endorsements, challenge } = readEvidence(await createEvidence(root))
const { result } = appraiseBundle({ bundle, endorsements, challenge, inclusion: 'apart' }, policy, NOW)

const blob = new Uint8Array([1, 2, 3])
// The collateral's bytes are nothing to the registry but what the result names by its digest.
const whole: AppraisedBundle = {
  bundle,
  bundleBytes: blob,
  collateral: blob,
  result: { ...result, collateralDigest: sha256(blob) },
  policy: encodePolicy(policy)
}

describe('what a verifier answers', () => {
  it('becomes leaves, of the appraisal and of the policy, with what they name', () => {
    const { attestation, policy: ofPolicy } = attestationWish(whole)
    expect(parseLeaf(attestation.leaf)).toMatchObject({ kind: 'attestation', evidenceDigest: bundle.digest })
    expect(attestation.blobs).toHaveLength(3)
    expect(parseLeaf(ofPolicy.leaf)).toMatchObject({ kind: 'policy', policyDigest: policy.digest })
  })

  const of = (changes: Partial<AppraisalResult>): Partial<AppraisedBundle> => ({
    result: { ...whole.result, ...changes }
  })
  it.each([
    ['a result of no bundle', of({ bundleDigest: null })],
    ['a result of another bundle', of({ bundleDigest: sha256(blob) })],
    ['a result of other collateral', of({ collateralDigest: sha256(blob, blob) })],
    ['other collateral than the result names', { collateral: new Uint8Array(0) }],
    ['a result under another policy', of({ policy: { ...result.policy, digest: sha256(blob) } })],
    ['a policy that the result does not name', { policy: blob }]
  ])('is told to no log when it is %s', (_, changes) => {
    expect(() => attestationWish({ ...whole, ...changes })).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})
