import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readWorkload } from '../../../attestation/appraisal/workload-rules.ts'
import { appraiseTdxEvidence } from '../../../attestation/appraise.ts'
import { decodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { explainResult } from '../../../attestation/explain.ts'
import { type Policy, PRODUCTION_POLICY, TDX_ONLY_POLICY } from '../../../attestation/policy.ts'
import type { AppraisalResult } from '../../../attestation/result.ts'
import { parseDstackEventLog } from '../../../attestation/tdx/dstack-log.ts'
import { verifyEventLog } from '../../../attestation/tdx/event-log.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { NOW, policyWith } from '../../fakes/virtual-evidence.ts'

interface Expected {
  readonly now: number
  readonly expect: {
    readonly tcb_status: string
    readonly advisories: readonly string[]
    readonly must_reject: readonly string[]
    readonly policy_flags: readonly string[]
  }
}

const BUNDLES = join(import.meta.dirname, '../../../../shared/vectors/tdx/bundles')
const DSTACK = join(BUNDLES, '../../eventlog/dstack-quote-report.json')
const isPresent = existsSync(BUNDLES)
const names = isPresent ? readdirSync(BUNDLES) : []

/** What `tdx-only` finds for each thing that the vectors say of a bundle. */
const CODES: Readonly<Record<string, string>> = {
  MRSERVICETD_NONZERO: 'MR_SERVICE_TD_MISMATCH',
  SEPT_VE_DISABLE_CLEAR: 'SEPT_VE_DISABLE_CLEAR',
  TCB_OutOfDate: 'QV_RESULT_NOT_ACCEPTED_BY_POLICY',
  TCB_ConfigurationAndSWHardeningNeeded: 'QV_RESULT_NOT_ACCEPTED_BY_POLICY',
  TCB_NotSupported: 'QV_RESULT_TERMINAL_UNSPECIFIED',
  TD_DEBUG: 'TD_ATTRIBUTES_DEBUG_SET',
  COLLATERAL_EXPIRED: 'TCB_INFO_EXPIRED'
}

function read(name: string, file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(BUNDLES, name, file)))
}

function expectedOf(name: string): Expected {
  return JSON.parse(new TextDecoder().decode(read(name, 'expected.json'))) as Expected
}

function appraise(name: string, policy: Policy): AppraisalResult {
  const evidence = { quoteBytes: read(name, 'quote.bin'), collateralBytes: read(name, 'collateral.json') }
  return appraiseTdxEvidence(evidence, policy, new Date(expectedOf(name).now * 1000))
}

function codes(result: AppraisalResult): readonly string[] {
  return result.findings.map(({ code }) => code)
}

describe.skipIf(!isPresent)(
  'quotes of real hardware (../shared/vectors, skipped where it is not beside the checkout)',
  () => {
    // Evaluation 15 is of 2023, so the floor of tdx-only adds a finding of its own to what the vectors flag.
    const anyEvaluation = policyWith(TDX_ONLY_POLICY, { tcb: { minimum_evaluation_data_number: 0 } })

    it.each(names)('%s has exactly the findings of its flags', (name) => {
      const { expect: wanted } = expectedOf(name)
      const result = appraise(name, anyEvaluation)
      const flags = wanted.must_reject.length > 0 ? wanted.must_reject : wanted.policy_flags
      const expected = flags.map((flag) => CODES[flag])
      const sgx = name.startsWith('sgx-') ? ['WRONG_TEE_TYPE'] : []
      const advisories = wanted.advisories.length > 0 ? ['TCB_ADVISORY_NOT_ALLOWED'] : []
      expect([...codes(result)].sort()).toEqual([...expected, ...sgx, ...advisories].sort())
      expect(result.status).toBe(expected.length === 0 ? 'affirming' : 'contraindicated')
      expect(result.platform?.tcbStatus).toBe(wanted.must_reject.length > 0 ? undefined : wanted.tcb_status)
    })

    it.each(names)('%s is refused as production, which wants devices and a signed image', (name) => {
      const result = appraise(name, PRODUCTION_POLICY)
      expect(result.status).toBe('contraindicated')
      if (result.tee !== 'tdx') return
      expect(codes(result)).toEqual(expect.arrayContaining(['DEVICE_EVIDENCE_MISSING', 'RELEASE_UNVERIFIABLE']))
    })

    it('says what TEE the evidence is of', () => {
      expect(appraise('phala-uptodate', TDX_ONLY_POLICY).tee).toBe('tdx')
      expect(appraise('sgx-config-swhardening', TDX_ONLY_POLICY).tee).toBe('sgx')
      expect(appraise('coco-v4-debug-td-2023', TDX_ONLY_POLICY).tee).toBe('unverified')
    })

    it('tolerates what a policy tolerates, by name', () => {
      const tolerating = policyWith(TDX_ONLY_POLICY, {
        tcb: { tolerated_statuses: ['OutOfDate'], allowed_advisories: 'any' }
      })
      const result = appraise('coco-tdx03-module-uptodate-platform-outofdate', tolerating)
      expect([result.status, ...codes(result)]).toEqual(['warning', 'TCB_STATUS_TOLERATED'])
    })

    it('holds the verdict until the collateral lapses or the maximum age passes', () => {
      const result = appraise('phala-uptodate', TDX_ONLY_POLICY)
      expect(result.notAfter.getTime() - result.appraisedAt.getTime()).toBe(3600_000)
    })

    it('explains a verdict in sentences', () => {
      const [verdict, tee] = explainResult(appraise('phala-uptodate', TDX_ONLY_POLICY))
      expect(verdict).toMatch(/^This quote meets the policy "tdx-only"/)
      expect(tee).toMatch(/signed by Intel TDX hardware/)
      expect(explainResult(appraise('dcap-expired-collateral', TDX_ONLY_POLICY)).join(' ')).toMatch(
        /Fetch current collateral/
      )
    })

    it('finds the same evidence too old for today', () => {
      const evidence = {
        quoteBytes: read('phala-uptodate', 'quote.bin'),
        collateralBytes: read('phala-uptodate', 'collateral.json')
      }
      expect(appraiseTdxEvidence(evidence, TDX_ONLY_POLICY, NOW).status).toBe('contraindicated')
    })
  }
)

describe.skipIf(!existsSync(DSTACK))('the log of a real dstack guest (../shared/vectors)', () => {
  it('proves its configuration, and every event of RTMR3', () => {
    const report = JSON.parse(readFileSync(DSTACK, 'utf8')) as { readonly quote: string; readonly event_log: string }
    const { body } = parseTdxQuote(decodeHex(report.quote))
    if (body.kind === 'sgx') throw new Error('a TDX quote is expected')
    const log = verifyEventLog(parseDstackEventLog(encodeUtf8(report.event_log)), body.rtmrs)
    const guest = log.events.filter((event) => event.rtmr === 3)
    expect(guest.map((event) => event.authenticated)).toEqual(guest.map(() => true))
    const { composeHash, appId, model } = readWorkload(log)
    expect([composeHash?.byteLength, appId?.byteLength, model]).toEqual([32, 20, null])
  })
})
