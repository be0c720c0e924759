import { beforeAll, describe, expect, test } from 'vitest'
import { appraiseBundle } from '../../../attestation/appraise.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { type Policy, PRODUCTION_POLICY, TDX_ONLY_POLICY, virtualPolicy } from '../../../attestation/policy.ts'
import { INTEL_SGX_ROOT } from '../../../attestation/tdx/anchors.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { type VerifiedTdxQuote, verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { VIRTUAL_KNOBS, type VirtualKnob, virtualKnob } from '../../../attestation/virtual/knobs.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { CURRENT_TCB, components } from '../../../attestation/virtual/tcb.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../../fakes/virtual-evidence.ts'

type Options = Omit<VirtualKnob, 'outcome'>

let root: VirtualRoot

beforeAll(async () => {
  root = await createLabRoot()
})

async function verify(options: Options, anchor = root.root.certificate): Promise<VerifiedTdxQuote> {
  const platform = await createVirtualPlatform(root, options.platform ?? {}, NOW)
  const collateral = await createVirtualCollateral(root, options.collateral ?? {}, NOW)
  const quote = parseTdxQuote(quoteVirtual(platform, { reportData: new Uint8Array(64) }))
  const anchors = { intelSgxRoots: [anchor], dangerouslyAcceptCollateralSecondsPastNextUpdate: 0 }
  return verifyTdxQuote(quote, parseTdxCollateral(collateral), anchors, NOW)
}

/** What verification says, in the shape of a knob's outcome. */
async function outcomeOf(options: Options, anchor?: Uint8Array) {
  try {
    return { status: (await verify(options, anchor)).status }
  } catch (error) {
    if (error instanceof AttestationError) return { refused: error.code }
    throw error
  }
}

async function appraise(options: Options, policy: Policy) {
  return appraiseBundle(readEvidence(await createEvidence(root, options)), policy, NOW)
}

const knobs = Object.entries(VIRTUAL_KNOBS)

describe('verification', () => {
  test.each([
    [4, '1.0', 'platform'],
    [4, '1.0', 'processor'],
    [5, '1.0', 'platform'],
    [5, '1.5', 'platform'],
    [5, '1.5', 'processor']
  ] as const)(
    'accepts an untouched quote of version %s with a TD %s report under the %s CA',
    async (version, td, ca) => {
      const verified = await verify({ platform: { ca, td: { version, tdVersion: td } }, collateral: { ca } })
      expect(verified).toMatchObject({ status: 'UpToDate', advisories: [], evaluationDataNumber: 18 })
    }
  )

  test('accepts a module from before modules had versions', async () => {
    const tcb = { ...CURRENT_TCB, teeTcbSvn: components(5, 0, 3) }
    expect(await outcomeOf({ platform: { tcb } })).toEqual({ status: 'UpToDate' })
  })

  test('accepts no virtual quote under Intel’s root', async () => {
    expect(await outcomeOf({}, INTEL_SGX_ROOT)).toEqual({ refused: 'ROOT_CA_UNTRUSTED' })
  })

  test.each(knobs.filter(([, { outcome }]) => !('finding' in outcome)))('tells: %s', async (_, knob) => {
    expect(await outcomeOf(knob)).toEqual(knob.outcome)
  })

  test.each(knobs.filter(([, knob]) => 'finding' in knob.outcome && !knob.bundle))(
    'leaves to appraisal: %s',
    async (_, knob) => {
      expect(await outcomeOf(knob)).toEqual({ status: 'UpToDate' })
    }
  )

  test('names the advisory of an old level', async () => {
    expect((await verify(virtualKnob('tcb out of date'))).advisories).toEqual(['VIRTUAL-SA-00001'])
  })
})

describe('appraisal under the root’s own policy', () => {
  test('trusts untouched evidence, and says that it is virtual', async () => {
    const appraisal = await appraise({}, virtualPolicy(root.root.certificate))
    expect(appraisal).toMatchObject({ kind: 'trusted', result: { status: 'affirming', tee: 'virtual', findings: [] } })
  })

  test.each(knobs.filter(([name]) => name !== 'quote truncated'))('refuses: %s', async (_, knob) => {
    const { kind, result } = await appraise(knob, virtualPolicy(root.root.certificate))
    expect({ kind, status: result.status }).toEqual({ kind: 'refused', status: 'contraindicated' })
    if ('refused' in knob.outcome) expect(result.findings.map(({ code }) => code)).toEqual([knob.outcome.refused])
    if ('status' in knob.outcome) expect(result.platform?.tcbStatus).toBe(knob.outcome.status)
    if ('finding' in knob.outcome) expect(result.findings.map(({ code }) => code)).toContain(knob.outcome.finding)
  })

  test('cannot read a truncated quote', async () => {
    await expect(appraise(virtualKnob('quote truncated'), virtualPolicy(root.root.certificate))).rejects.toMatchObject({
      code: 'QUOTE_TRUNCATED'
    })
  })
})

describe.each([
  ['production', PRODUCTION_POLICY],
  ['tdx-only', TDX_ONLY_POLICY]
])('the policy %s for real hardware', (_, policy) => {
  const readable = knobs.filter(([name]) => name !== 'quote truncated')

  test.each([['untouched', {}] as const, ...readable])('refuses virtual evidence, %s', async (_name, knob) => {
    const { kind, result } = await appraise(knob, policy)
    expect({ kind, status: result.status, tee: result.tee }).toEqual({
      kind: 'refused',
      status: 'contraindicated',
      tee: 'unverified'
    })
  })
})

test('a knob that is none is a mistake of the caller', () => {
  expect(() => virtualKnob('good evidence')).toThrow(TypeError)
})
