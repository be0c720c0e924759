import type { EvidenceBundle } from './bundle.ts'
import { equalBytes } from './crypto.ts'
import { decodeHex } from './encoding.ts'
import type { AppraisalResult } from './result.ts'
import type { AttestationLeaf } from './tlog/leaf.ts'

/** How the log names a host: the 16 bytes of its keyset's subject, which the quote commits to. */
export function subjectId(subject: string): Uint8Array {
  return decodeHex(subject.slice(subject.lastIndexOf(':') + 1), 16)
}

/**
 * What the log is told of one appraisal. Everything can be had again from the blobs that it names: the bundle, the
 * endorsements and the policy. A `TypeError` for a result that is not of this bundle.
 */
export function attestationLeaf(bundle: EvidenceBundle, result: AppraisalResult): AttestationLeaf {
  const { bundleDigest, nonce, platform } = result
  if (bundleDigest === null || nonce === null || !equalBytes(bundleDigest, bundle.digest)) {
    throw new TypeError('the result is of another bundle')
  }
  return {
    kind: 'attestation',
    v: 1,
    host: subjectId(bundle.keyset.subject),
    evidenceDigest: bundle.digest,
    keysetDigest: bundle.keyset.digest,
    nonce,
    challenge: bundle.challenge,
    collateralDigest: result.collateralDigest,
    policyDigest: result.policy.digest,
    result: {
      status: result.status,
      tee: result.tee,
      tcbStatus: platform?.tcbStatus ?? null,
      advisories: platform?.advisories ?? [],
      devices: result.devices.map(({ arch, verification, driverVersion, vbiosVersion }) => ({
        arch,
        verification,
        driverVersion,
        vbiosVersion
      }))
    },
    appraisedAt: result.appraisedAt,
    expiresAt: result.notAfter
  }
}
