import { describe, expect, it } from 'vitest'
import { appraiseQuote, appraiseTdxEvidence } from '../../../attestation/appraise.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { createEvidence, createLabRoot, NOW, policyWith, readEvidence } from '../../fakes/virtual-evidence.ts'

type Json = { readonly [member: string]: unknown }

const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate)
const good = await createEvidence(root)

describe('a bare quote', () => {
  const { bundle, endorsements } = readEvidence(good)
  const evidence = { quote: bundle.quote, collateral: endorsements.tdx }

  it('is appraised without a host, and binds no keyset', () => {
    const result = appraiseQuote(evidence, policy, NOW)
    expect([result.status, result.tee, result.workload, result.nonce]).toEqual(['affirming', 'virtual', null, null])
  })

  it('is read from bytes, or is an error', () => {
    const bytes = { quoteBytes: bundle.quote.bytes, collateralBytes: good.collateralBytes }
    expect(appraiseTdxEvidence(bytes, policy, NOW)).toEqual(appraiseQuote(evidence, policy, NOW))
    const broken = { ...bytes, collateralBytes: encodeUtf8('{}') }
    expect(() => appraiseTdxEvidence(broken, policy, NOW)).toThrow(
      expect.objectContaining({ code: 'COLLATERAL_MALFORMED' })
    )
  })

  const refused: readonly (readonly [string, Json, readonly string[]])[] = [
    ['devices', { devices: { required: true } }, ['DEVICE_EVIDENCE_MISSING']],
    ['a configuration', { reference_values: { compose_hash: ['11'.repeat(32)] } }, ['WORKLOAD_UNPROVEN']],
    ['weights', { reference_values: { model_weights: 'released' } }, ['WORKLOAD_UNPROVEN']],
    ['another MRTD', { reference_values: { mr_td: ['11'.repeat(48)] } }, ['MRTD_MISMATCH']]
  ]
  it.each(refused)('is refused where the policy demands %s', (_, changes, expected) => {
    const result = appraiseQuote(evidence, policyWith(policy, changes), NOW)
    expect([result.status, ...result.findings.map(({ code }) => code)]).toEqual(['contraindicated', ...expected])
  })
})
