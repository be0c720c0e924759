import { expect, it } from 'vitest'
import { appraiseBundle, appraiseQuote } from '../../../attestation/appraise.ts'
import { PRODUCTION_POLICY, virtualPolicy } from '../../../attestation/policy.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const evidence = readEvidence(await createEvidence(root))
const { anchor } = virtualPolicy(root.root.certificate)

it.each([
  ['a host', () => appraiseBundle(evidence, { ...PRODUCTION_POLICY, anchor }, NOW)],
  [
    'a bare quote',
    () =>
      appraiseQuote(
        { quote: evidence.bundle.quote, collateral: evidence.endorsements.tdx },
        { ...PRODUCTION_POLICY, anchor },
        NOW
      )
  ]
])('%s is not appraised under a copy of a policy with another anchor', (_, appraise) => {
  expect(appraise).toThrow(TypeError)
})
