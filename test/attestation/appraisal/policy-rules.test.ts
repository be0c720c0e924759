import { describe, expect, it } from 'vitest'
import { quoteFindings } from '../../../attestation/appraisal/quote-rules.ts'
import { tcbFindings } from '../../../attestation/appraisal/tcb-rules.ts'
import { type Appraisal, appraiseBundle } from '../../../attestation/appraise.ts'
import { encodeBase64 } from '../../../attestation/encoding.ts'
import { TDX_ONLY_POLICY, virtualPolicy } from '../../../attestation/policy.ts'
import { type VerifiedTdxQuote, verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { encodeVerifierKey, noteKey } from '../../../attestation/tlog/note-key.ts'
import { OLD_TCB } from '../../../attestation/virtual/tcb.ts'
import {
  createEvidence,
  createLabRoot,
  type Evidence,
  type EvidenceChanges,
  NOW,
  NOW_SECONDS,
  policyWith,
  readEvidence
} from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate)
type Json = { readonly [member: string]: unknown }

const otherRoot = encodeBase64((await createLabRoot()).root.certificate)

function codes({ result }: Appraisal): readonly string[] {
  return result.findings.map((finding) => finding.code)
}

async function appraiseChanged(changes: EvidenceChanges, under = policy): Promise<Appraisal> {
  return appraiseBundle(readEvidence(await createEvidence(root, changes)), under, NOW)
}

function verify(evidence: Evidence): VerifiedTdxQuote {
  const { bundle, endorsements } = readEvidence(evidence)
  const anchors = {
    intelSgxRoots: [root.root.certificate],
    dangerouslyAcceptCollateralSecondsPastNextUpdate: 0
  }
  return verifyTdxQuote(bundle.quote, endorsements.tdx, anchors, NOW)
}

describe('a policy', () => {
  const other48 = ['11'.repeat(48)]
  const refused: readonly (readonly [string, Json, readonly string[], EvidenceChanges?])[] = [
    ['of another root', { anchor: { kind: 'virtual', root: otherRoot } }, ['ROOT_CA_UNTRUSTED']],
    ['that accepts no status', { tcb: { accepted_statuses: [] } }, ['QV_RESULT_NOT_ACCEPTED_BY_POLICY']],
    [
      'that accepts other statuses',
      { tcb: { accepted_statuses: ['OutOfDate'] } },
      ['QV_RESULT_NOT_ACCEPTED_BY_POLICY']
    ],
    ['of a higher evaluation', { tcb: { minimum_evaluation_data_number: 19 } }, ['TCB_EVAL_DATA_NUMBER_TOO_LOW']],
    [
      'that wants an attribute',
      { td: { attributes: { required: '0000004000000000', forbidden: '0000000000000000' } } },
      ['TD_ATTRIBUTES_REQUIRED_BIT_CLEAR']
    ],
    [
      'that forbids an attribute',
      { td: { attributes: { required: '0000000000000000', forbidden: '0000001000000000' }, sept_ve_disable: 'any' } },
      ['TD_ATTRIBUTES_FORBIDDEN_BIT_SET']
    ],
    [
      'that wants a feature',
      { td: { xfam: { required: '0008000000000000', forbidden: '0000000000000000' } } },
      ['XFAM_REQUIRED_BIT_CLEAR']
    ],
    [
      'that forbids a feature',
      { td: { xfam: { required: '0000000000000000', forbidden: '0002000000000000' } } },
      ['XFAM_FORBIDDEN_BIT_SET']
    ],
    ['that wants SEPT_VE_DISABLE', {}, ['SEPT_VE_DISABLE_CLEAR'], { td: { tdAttributes: new Uint8Array(8) } }],
    [
      'that wants no service TD',
      {},
      ['MR_SERVICE_TD_MISMATCH'],
      { td: { version: 5, tdVersion: '1.5', mrServiceTd: new Uint8Array(48).fill(1) } }
    ],
    ['of another MRTD', { reference_values: { mr_td: other48 } }, ['MRTD_MISMATCH']],
    ['of another RTMR0', { reference_values: { rtmr0: other48 } }, ['RTMR0_MISMATCH']],
    ['of another RTMR1', { reference_values: { rtmr1: other48 } }, ['RTMR1_MISMATCH']],
    ['of another RTMR2', { reference_values: { rtmr2: other48 } }, ['RTMR2_MISMATCH']],
    ['of another RTMR3', { reference_values: { rtmr3: other48 } }, ['RTMR3_MISMATCH']],
    ['of another TDX module', { reference_values: { mr_seam: other48 } }, ['MR_SEAM_NOT_ALLOWED']],
    ['of another MRCONFIGID', { reference_values: { mr_config_id: other48 } }, ['MR_CONFIG_ID_MISMATCH']],
    ['of another MROWNER', { reference_values: { mr_owner: other48 } }, ['MR_OWNER_MISMATCH']],
    ['of another MROWNERCONFIG', { reference_values: { mr_owner_config: other48 } }, ['MR_OWNER_CONFIG_MISMATCH']],
    ['of another configuration', { reference_values: { compose_hash: ['11'.repeat(32)] } }, ['COMPOSE_HASH_MISMATCH']],
    ['of other weights', { reference_values: { model_weights: ['11'.repeat(32)] } }, ['MODEL_WEIGHTS_MISMATCH']],
    ['with an empty list of values', { reference_values: { mr_td: [] } }, ['MRTD_MISMATCH']],
    ['that wants a signed image', { reference_values: { mr_td: 'released' } }, ['RELEASE_UNVERIFIABLE']],
    ['that wants signed weights', { reference_values: { model_weights: 'released' } }, ['RELEASE_UNVERIFIABLE']],
    [
      'that wants a signed image and names a key',
      { reference_values: { mr_td: 'released' }, releases: { keys: ['22'.repeat(32)] } },
      ['RELEASE_UNVERIFIABLE']
    ],
    ['that wants devices', { devices: { required: true } }, ['DEVICE_EVIDENCE_MISSING']],
    [
      'that wants a log',
      {
        log: {
          kind: 'checkpoint',
          key: encodeVerifierKey(noteKey('example.org/log', 'ed25519', new Uint8Array(32).fill(0x33))),
          witnesses: [],
          minimum_witnesses: 0,
          maximum_checkpoint_age_seconds: 60
        }
      },
      ['LOG_PROOF_MISSING']
    ],
    ['that wants a beacon', { freshness: { networks: [-239] } }, ['BEACON_NOT_ALLOWED']],
    ['that names no network', { freshness: { networks: [] } }, ['BEACON_NOT_ALLOWED']],
    ['of a shorter age', { freshness: { maximum_age_seconds: 600 } }, ['EVIDENCE_TOO_OLD']]
  ]
  for (const [name, changes, expected, evidence = {}] of refused) {
    it(`refuses: ${name}`, async () => {
      const appraisal = await appraiseChanged(evidence, policyWith(policy, changes))
      expect(appraisal.kind).toBe('refused')
      expect(codes(appraisal)).toEqual(expected)
    })
  }

  const tolerant: readonly (readonly [string, Json, EvidenceChanges, string])[] = [
    [
      'a tolerated status',
      { tcb: { tolerated_statuses: ['OutOfDate'], allowed_advisories: 'any' } },
      { platform: { tcb: OLD_TCB } },
      'TCB_STATUS_TOLERATED'
    ],
    [
      'an old TCB in its grace',
      { tcb: { grace_after_tcb_date_seconds: 1000 * 86_400, allowed_advisories: 'any' } },
      { platform: { tcb: OLD_TCB } },
      'TCB_STATUS_IN_GRACE'
    ],
    [
      'collateral past its nextUpdate in its grace',
      { tcb: { grace_after_next_update_seconds: 86_400 } },
      { collateral: { tcbInfoValid: { from: -30 * 86_400, until: -3600 } } },
      'COLLATERAL_PAST_NEXT_UPDATE'
    ]
  ]
  it.each(tolerant)('warns: %s', async (_, changes, evidence, code) => {
    const appraisal = await appraiseChanged(evidence, policyWith(policy, changes))
    expect([appraisal.kind, appraisal.result.status, ...codes(appraisal)]).toEqual(['refused', 'warning', code])
    const lenient = await appraiseChanged(evidence, policyWith(policy, { ...changes, trusted_from: 'warning' }))
    expect([lenient.kind, lenient.result.status]).toEqual(['trusted', 'warning'])
  })

  it('is not trusted past the grace that it gives', async () => {
    const changes = { tcb: { grace_after_next_update_seconds: 3600 + 60 } }
    const evidence = { collateral: { tcbInfoValid: { from: -30 * 86_400, until: -3600 } } }
    const { result } = await appraiseChanged(evidence, policyWith(policy, changes))
    expect(result.notAfter.getTime() / 1000).toBe(NOW_SECONDS + 60)
  })

  it('gives a grace that ends at its second', async () => {
    const evidence = readEvidence(await createEvidence(root, { platform: { tcb: OLD_TCB } }))
    const tcbDate = appraiseBundle(evidence, policy, NOW).result.platform?.tcbDate.getTime() ?? 0
    const graced = (seconds: number) => {
      const tcb = { grace_after_tcb_date_seconds: NOW_SECONDS - tcbDate / 1000 + seconds, allowed_advisories: 'any' }
      return appraiseBundle(evidence, policyWith(policy, { tcb, trusted_from: 'warning' }), NOW)
    }
    expect(codes(graced(0))).toEqual(['QV_RESULT_NOT_ACCEPTED_BY_POLICY'])
    expect([graced(100).kind, ...codes(graced(100))]).toEqual(['trusted', 'TCB_STATUS_IN_GRACE'])
    expect(graced(100).result.notAfter.getTime() / 1000).toBe(NOW_SECONDS + 100)
  })

  it('gives no grace to a status that is not of age', async () => {
    const tcb = { grace_after_tcb_date_seconds: 1000 * 86_400, allowed_advisories: 'any' }
    const evidence = { collateral: { currentStatus: 'ConfigurationNeeded' } } as const
    expect(codes(await appraiseChanged(evidence, policyWith(policy, { tcb })))).toEqual([
      'QV_RESULT_NOT_ACCEPTED_BY_POLICY'
    ])
  })

  it('gives no grace of no seconds, whatever the date of the TCB', async () => {
    const old = verify(await createEvidence(root, { platform: { tcb: OLD_TCB } }))
    const dated = { ...old, tcbDate: new Date(NOW.getTime() + 86_400_000) }
    expect(tcbFindings(dated, policy, NOW).map(({ status }) => status)).not.toContain('warning')
  })

  it('is held to its anchor for a quote that was verified under another', async () => {
    const findings = quoteFindings(verify(await createEvidence(root)), TDX_ONLY_POLICY, NOW)
    expect(findings.map(({ code }) => code)).toContain('ROOT_CA_UNTRUSTED')
  })

  it('says who is behind and what to do about it', async () => {
    const { result } = await appraiseChanged({ platform: { tcb: OLD_TCB } })
    const finding = result.findings.find(({ code }) => code === 'QV_RESULT_NOT_ACCEPTED_BY_POLICY')
    expect(finding?.actual).toMatch(/^OutOfDate by .*BIOS or microcode OutOfDate, TCB of \d{4}-\d\d-\d\d/)
    expect(finding?.remedy).toMatch(/update BIOS and microcode/)
  })

  it('does not take open advisories for the status alone', async () => {
    const tolerating = policyWith(policy, { tcb: { tolerated_statuses: ['OutOfDate'] } })
    const appraisal = await appraiseChanged({ platform: { tcb: OLD_TCB } }, tolerating)
    expect(codes(appraisal)).toContain('TCB_ADVISORY_NOT_ALLOWED')
    expect(appraisal.kind).toBe('refused')
  })

  it('must come from parsePolicy', async () => {
    const evidence = readEvidence(await createEvidence(root))
    expect(() => appraiseBundle(evidence, { ...policy }, NOW)).toThrow(TypeError)
  })
})
