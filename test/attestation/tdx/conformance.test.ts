import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { conformanceCapabilities, verifyAttestationTdx } from '../../../attestation/tdx/conformance.ts'
import { VIRTUAL_PLATFORM } from '../../../attestation/virtual/platform.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { CURRENT_TCB } from '../../../attestation/virtual/tcb.ts'
import { VIRTUAL_TD } from '../../../attestation/virtual/td.ts'
import { answerOf, answerTo, type ConformanceCase, caseOf, caseWith } from './conformance-case.ts'
import { createEvidence, createRoot } from './evidence.ts'
import { type Bundle, HAS_VECTORS, readBundles, WHERE } from './vectors.ts'

let root: VirtualRoot
let good: ConformanceCase

beforeAll(async () => {
  root = await createRoot()
  good = caseOf(await createEvidence(root), root)
})

describe('a good quote', () => {
  test('is accepted, with all that it says', () => {
    const { exitCode, accepted, outputs } = answerTo(good)
    expect([exitCode, accepted]).toEqual([0, true])
    const mrtd = encodeHex(VIRTUAL_TD.mrTd)
    expect(outputs).toMatchObject({
      quote_version: 4,
      tee_type: 'TDX',
      qv_result: 'OK',
      tcb_status: 'UpToDate',
      collateral_expired: false,
      fmspc_hex: encodeHex(VIRTUAL_PLATFORM.fmspc),
      measurement: { registers: [mrtd, ...Array(4).fill('00'.repeat(48))] },
      body_fields: {
        mrtd_hex: mrtd,
        tee_tcb_svn_hex: encodeHex(CURRENT_TCB.teeTcbSvn),
        td_attributes_hex: '0000001000000000',
        td_attributes_decoded: { tud_debug: false, sec_sept_ve_disable: true },
        report_data_hex: '5d'.repeat(64)
      }
    })
  })

  test('of TD 1.5 shows its two fields more', async () => {
    const td15 = await createEvidence(root, { td: { version: 5, tdVersion: '1.5' } })
    expect(answerTo(caseOf(td15, root)).outputs).toMatchObject({
      quote_version: 5,
      body_fields: { mrservicetd_hex: '00'.repeat(48), tee_tcb_svn_2_hex: encodeHex(CURRENT_TCB.teeTcbSvn2) }
    })
  })

  test('is accepted under a policy that it meets in every member', () => {
    const policy = {
      accepted_qv_results: ['OK', 'SW_HARDENING_NEEDED'],
      tcb_evaluation_required: true,
      enforce_spec_defaults: true,
      expected_fmspc_hex: encodeHex(VIRTUAL_PLATFORM.fmspc),
      expected_td_attributes_hex: encodeHex(VIRTUAL_TD.tdAttributes),
      expected_xfam_hex: encodeHex(VIRTUAL_TD.xfam).toUpperCase(),
      expected_mr_signer_seam_hex: '00'.repeat(48),
      expected_seam_attributes_hex: '00'.repeat(8),
      expected_mrtd_hex: ` ${encodeHex(VIRTUAL_TD.mrTd)} `,
      expected_mr_config_id_hex: '00'.repeat(48),
      expected_mr_owner_hex: '00'.repeat(48),
      expected_mr_owner_config_hex: '00'.repeat(48),
      expected_rtmr3_hex: '00'.repeat(48),
      expected_report_data_hex: '5d'.repeat(64),
      expected_qe_vendor_id_hex: '939a7233f79c4ca9940a0db3957f0607',
      expected_mrseam_allowlist: ['00'.repeat(48), encodeHex(VIRTUAL_TD.mrSeam)],
      min_tee_tcb_svn_hex: encodeHex(CURRENT_TCB.teeTcbSvn),
      min_tcb_evaluation_data_number: 18
    }
    expect(answerTo({ ...good, execution_mode: 'public_api', policy }).exitCode).toBe(0)
  })

  test.each([
    ['SW_HARDENING_NEEDED', 'software hardening needed'],
    ['CONFIG_NEEDED', 'configuration needed'],
    ['OUT_OF_DATE', 'tcb out of date'],
    ['OUT_OF_DATE_CONFIG_NEEDED', 'module out of date, configuration needed'],
    ['TD_RELAUNCH_ADVISED', 'module out of date at launch, updated since'],
    ['TD_RELAUNCH_ADVISED_CONFIG_NEEDED', 'module out of date at launch, updated since, configuration needed']
  ])('with %s needs a policy that says so', async (result, name) => {
    const request = await caseWith(name, root)
    expect(answerTo(request).code).toBe('QV_RESULT_NOT_ACCEPTED_BY_POLICY')
    const answer = answerTo({ ...request, policy: { accepted_qv_results: ['OK', result] } })
    expect([answer.exitCode, answer.outputs['qv_result']]).toEqual([0, result])
  })
})

describe('tcb_evaluation_required: false', () => {
  const policy = { tcb_evaluation_required: false }

  test.each(['tcb info changed', 'pck revoked', 'tcb revoked', 'qe of another signer', 'pck crl missing'])(
    'asks nothing of collateral: %s',
    async (name) => {
      const answer = answerTo({ ...(await caseWith(name, root)), policy })
      expect(answer).toMatchObject({ exitCode: 0, outputs: { tcb_status: 'NotEvaluated' } })
    }
  )

  test.each([
    ['PCK_EXPIRED', 'pck expired'],
    ['ROOT_CA_UNTRUSTED', "pck under a stranger's root"],
    ['QE_REPORT_SIGNATURE_INVALID', "qe report signed with a stranger's key"],
    ['AK_BINDING_INVALID', 'attestation key changed'],
    ['QUOTE_SIGNATURE_INVALID', "quote signed with a stranger's key"],
    ['TD_ATTRIBUTES_DEBUG_SET', 'debug td']
  ])('still refuses with %s: %s', async (code, name) => {
    expect(answerTo({ ...(await caseWith(name, root)), policy })).toMatchObject({ exitCode: 10, code })
  })

  test('still holds the quote to the policy', () => {
    const pinned = { ...policy, expected_mrtd_hex: 'ff'.repeat(48) }
    expect(answerTo({ ...good, policy: pinned })).toMatchObject({ exitCode: 10, code: 'MRTD_MISMATCH' })
  })

  test.each([
    [false, 'tcb in no level'],
    [true, 'qe identity lapsed'],
    [true, 'root crl lapsed'],
    [true, 'root crl missing']
  ])('reports %s for expired collateral: %s', async (isExpired, name) => {
    expect(answerTo({ ...(await caseWith(name, root)), policy }).outputs['collateral_expired']).toBe(isExpired)
  })
})

describe('an absent issuer chain', () => {
  const without = (...members: readonly string[]) => ({
    ...good,
    collateral: Object.fromEntries(Object.entries(good.collateral).filter(([member]) => !members.includes(member)))
  })

  test('of the PCK CRL is the quote’s own', () => {
    expect(answerTo(without('pck_crl_issuer_chain_pem')).exitCode).toBe(0)
  })

  test.each(['tcb_info_issuer_chain_pem', 'qe_identity_issuer_chain_pem'])(
    '%s is Intel’s, so not another root’s',
    (member) => {
      expect(answerTo(without(member))).toMatchObject({ exitCode: 10, code: 'TCB_INFO_CHAIN_INVALID' })
    }
  )

  test('for the root means Intel’s', () => {
    expect(answerTo(without('intel_root_ca_pem'))).toMatchObject({ exitCode: 10, code: 'ROOT_CA_UNTRUSTED' })
  })
})

describe('exit 30 for input that is malformed', () => {
  test.each<[string, (request: ConformanceCase) => unknown]>([
    ['no object', () => []],
    ['another schema', (request) => ({ ...request, schema_version: '2' })],
    ['no quote', ({ quote_b64: _, ...request }) => request],
    ['a quote that is not base64', (request) => ({ ...request, quote_b64: '*' })],
    ['no collateral', ({ collateral: _, ...request }) => request],
    ['no TCB info', (request) => ({ ...request, collateral: { ...request.collateral, tcb_info_json: undefined } })],
    [
      'a CRL that is a number',
      (request) => ({ ...request, collateral: { ...request.collateral, pck_crl_der_b64: 1 } })
    ],
    [
      'a root that is no PEM',
      (request) => ({ ...request, collateral: { ...request.collateral, intel_root_ca_pem: 'x' } })
    ],
    ['no date', ({ expiration_check_date_unix: _, ...request }) => request],
    ['a date that is text', (request) => ({ ...request, expiration_check_date_unix: '1750809600' })],
    ['a policy that is a list', (request) => ({ ...request, policy: [] })],
    ['a flag that is text', (request) => ({ ...request, policy: { tcb_evaluation_required: 'false' } })],
    ['a pin that is a number', (request) => ({ ...request, policy: { expected_mrtd_hex: 0 } })],
    ['a minimum that is too short', (request) => ({ ...request, policy: { min_tee_tcb_svn_hex: '06' } })]
  ])('%s', (_, change) => {
    expect(answerOf(verifyAttestationTdx(JSON.stringify(change(good))))).toMatchObject({
      exitCode: 30,
      accepted: false
    })
  })

  test('no JSON', () => {
    expect(verifyAttestationTdx('{').exitCode).toBe(30)
  })

  test('and for whatever text, without an exception', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => verifyAttestationTdx(text).exitCode === 30))
  })
})

describe('exit 20 for what is not supported', () => {
  test.each<[string, Partial<ConformanceCase>]>([
    ['another way to run', { execution_mode: 'in_enclave' }],
    ['a policy member that would be ignored', { policy: { expected_mr_service_td_hex: '00' } }]
  ])('%s', (_, change) => {
    expect(answerTo({ ...good, ...change })).toMatchObject({ exitCode: 20, accepted: false, code: undefined })
  })

  test('capabilities name every policy member and this version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    expect(conformanceCapabilities()).toMatchObject({
      sdk: 'bombyx',
      sdk_version: version,
      stages_supported: ['verify-attestation-tdx'],
      attestation_tdx: { policy_fields_supported: { accepted_qv_results: true, expected_rtmr3_hex: true } }
    })
  })
})

describe.skipIf(!HAS_VECTORS)(`quotes of real hardware${WHERE}`, () => {
  const ACCEPTED: ReadonlySet<string> = new Set(['UpToDate'])
  const CHAINS = ['tcb_info_issuer_chain_pem', 'qe_identity_issuer_chain_pem', 'pck_crl_issuer_chain_pem']

  function request({ quote, collateral, now }: Bundle, left: readonly string[]): ConformanceCase {
    const whole = caseOf({ quoteBytes: quote, collateral: parseTdxCollateral(collateral) }, root)
    const members = Object.entries(whole.collateral).filter(([member]) => !left.includes(member))
    return {
      ...whole,
      collateral: Object.fromEntries(members),
      expiration_check_date_unix: now.getTime() / 1000
    }
  }

  test.each(readBundles().map((bundle) => [bundle.name, bundle] as const))(
    '%s has its outcome, with issuer chains and without',
    (_, bundle) => {
      const isAccepted = bundle.expect.must_reject.length === 0 && ACCEPTED.has(bundle.expect.tcb_status)
      for (const left of [['intel_root_ca_pem'], ['intel_root_ca_pem', ...CHAINS]]) {
        const { exitCode, outputs } = answerTo(request(bundle, left))
        expect(exitCode).toBe(isAccepted ? 0 : 10)
        if (isAccepted) expect(outputs).toMatchObject({ fmspc_hex: bundle.fmspc, qv_result: 'OK' })
      }
    }
  )
})
