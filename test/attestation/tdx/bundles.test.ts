import { describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { INTEL_SGX_ROOT, type TrustAnchors } from '../../../attestation/tdx/anchors.ts'
import { checkAttributes, readBits, TD_ATTRIBUTE } from '../../../attestation/tdx/attributes.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { authenticateCollateral } from '../../../attestation/tdx/endorsements.ts'
import { authenticatePlatform } from '../../../attestation/tdx/platform.ts'
import { matchQeIdentity } from '../../../attestation/tdx/qe-identity.ts'
import { verifyQeReport, verifyQuoteSignature } from '../../../attestation/tdx/qe-report.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { evaluateTcb } from '../../../attestation/tdx/tcb.ts'
import { verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { type Bundle, HAS_VECTORS, INTEL, readBundles, readNegatives, WHERE } from './vectors.ts'

const YEARS: TrustAnchors = { ...INTEL, dangerouslyAcceptCollateralSecondsPastNextUpdate: 10 * 365 * 24 * 3600 }

/** The code that each must_reject calls for. */
const REFUSALS: Readonly<Record<string, string>> = {
  TD_DEBUG: 'TD_ATTRIBUTES_DEBUG_SET',
  COLLATERAL_EXPIRED: 'TCB_INFO_EXPIRED'
}

function verify(bundle: Bundle, anchors = INTEL) {
  return verifyTdxQuote(parseTdxQuote(bundle.quote), parseTdxCollateral(bundle.collateral), anchors, bundle.now)
}

/** What Intel says of a bundle's platform, whether or not the TD on it is to be trusted. */
function evaluate(bundle: Bundle) {
  const quote = parseTdxQuote(bundle.quote)
  const platform = authenticatePlatform(quote.pckChainPem, INTEL)
  const collateral = authenticateCollateral(parseTdxCollateral(bundle.collateral), INTEL)
  verifyQeReport(quote, platform)
  verifyQuoteSignature(quote)
  const qe = matchQeIdentity(quote.qeReport, collateral.qeIdentity)
  return { quote, evaluation: evaluateTcb(quote.body, platform.pck, collateral.tcbInfo, qe) }
}

/** The policy flags that a quote alone decides. */
function flagsOf(bundle: Bundle): string[] {
  const { quote, evaluation } = evaluate(bundle)
  const { body } = quote
  const isServiced = body.kind === 'tdx15' && body.mrServiceTd.some((octet) => octet !== 0)
  const isOpen = body.kind !== 'sgx' && (readBits(body.tdAttributes) & TD_ATTRIBUTE.septVeDisable) === 0n
  return [
    ...(isServiced ? ['MRSERVICETD_NONZERO'] : []),
    ...(isOpen ? ['SEPT_VE_DISABLE_CLEAR'] : []),
    ...(evaluation.status === 'UpToDate' ? [] : [`TCB_${evaluation.status}`])
  ]
}

const bundles = readBundles()
const accepted = bundles.filter(({ expect: { must_reject } }) => must_reject.length === 0)
const refused = bundles.filter(({ expect: { must_reject } }) => must_reject.length > 0)

describe.skipIf(!HAS_VECTORS)(`quotes of real hardware${WHERE}`, () => {
  test('are all there', () => {
    expect([accepted.length, refused.length]).toEqual([12, 2])
  })

  test.each(accepted.map((bundle) => [bundle.name, bundle] as const))('%s verifies', (_, bundle) => {
    const verified = verify(bundle)
    expect(verified.status).toBe(bundle.expect.tcb_status)
    expect([...verified.advisories].sort()).toEqual([...bundle.expect.advisories].sort())
    expect(encodeHex(verified.fmspc)).toBe(bundle.fmspc)
    expect(verified.collateralExpired).toBe(false)
    expect(verified.collateralNotAfter.getTime()).toBeGreaterThan(bundle.now.getTime())
  })

  test.each(refused.map((bundle) => [bundle.name, bundle] as const))('%s is refused', (_, bundle) => {
    const code = REFUSALS[bundle.expect.must_reject[0] ?? '']
    expect(() => verify(bundle)).toThrow(expect.objectContaining({ code }))
  })

  test.each(bundles.map((bundle) => [bundle.name, bundle] as const))('%s has its TCB status and flags', (_, bundle) => {
    expect(evaluate(bundle).evaluation.status).toBe(bundle.expect.tcb_status)
    expect(flagsOf(bundle)).toEqual([...bundle.expect.policy_flags].sort())
  })

  test('a debug TD is refused for that alone', () => {
    const bundle = bundles.find(({ name }) => name === 'coco-v4-debug-td-2023')!
    expect(() => checkAttributes(parseTdxQuote(bundle.quote).body)).toThrow(
      expect.objectContaining({ code: 'TD_ATTRIBUTES_DEBUG_SET' })
    )
  })

  test('expired collateral says so where the anchors accept it', () => {
    const bundle = bundles.find(({ name }) => name === 'dcap-expired-collateral')!
    const verified = verify(bundle, YEARS)
    expect(verified).toMatchObject({ status: 'UpToDate', collateralExpired: true })
    expect(verified.collateralNotAfter.getTime()).toBeGreaterThan(bundle.now.getTime())
  })

  test('no quote verifies under no root', () => {
    for (const bundle of accepted) {
      const code = 'ROOT_CA_UNTRUSTED'
      expect(() => verify(bundle, { ...INTEL, intelSgxRoots: [] })).toThrow(expect.objectContaining({ code }))
    }
  })

  test('the root that anchored it is Intel’s', async () => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(INTEL_SGX_ROOT)))
    for (const bundle of accepted) expect(verify(bundle).rootFingerprint).toEqual(digest)
  })
})

/** The code that each case's reason calls for. */
const NEGATIVES: Readonly<Record<string, string>> = {
  'quote-version-3': 'QUOTE_FORMAT_UNSUPPORTED',
  'quote-tee-type-sgx': 'WRONG_TEE_TYPE',
  'quote-header-vendor': 'QE_VENDOR_UNKNOWN',
  'quote-header-userdata': 'QUOTE_SIGNATURE_INVALID',
  'quote-body-mrtd': 'QUOTE_SIGNATURE_INVALID',
  'quote-body-report-data': 'QUOTE_SIGNATURE_INVALID',
  'quote-body-debug-bit': 'QUOTE_SIGNATURE_INVALID',
  'quote-signature': 'QUOTE_SIGNATURE_INVALID',
  'quote-attestation-key': 'AK_BINDING_INVALID',
  'quote-outer-cert-type': 'QUOTE_FORMAT_UNSUPPORTED',
  'quote-outer-cert-size': 'QUOTE_TRUNCATED',
  'quote-qe-report-mrsigner': 'QE_REPORT_SIGNATURE_INVALID',
  'quote-qe-report-signature': 'QE_REPORT_SIGNATURE_INVALID',
  'quote-qe-auth-data': 'AK_BINDING_INVALID',
  'quote-pck-cert-type': 'QUOTE_FORMAT_UNSUPPORTED',
  'quote-truncated-1': 'QUOTE_TRUNCATED',
  'quote-truncated-0': 'QUOTE_TRUNCATED',
  'pck-leaf-byte': 'PCK_CHAIN_INVALID',
  'crl-pck-garbage': 'PCK_CRL_INVALID',
  'crl-both-empty': 'ROOT_CRL_INVALID',
  'crl-pck-signature': 'PCK_CRL_INVALID',
  'crl-pck-is-root-crl': 'PCK_CRL_INVALID',
  'crl-pck-expired-2023': 'PCK_CRL_EXPIRED',
  'tcb-signature': 'TCB_INFO_SIGNATURE_INVALID',
  'tcb-body-status': 'TCB_INFO_SIGNATURE_INVALID',
  'tcb-other-fmspc': 'PCK_FMSPC_MISMATCH',
  'qe-signature': 'QE_IDENTITY_SIGNATURE_INVALID',
  'qe-id-sgx-for-tdx': 'QE_IDENTITY_ID_INVALID',
  'issuer-chain-is-pck-ca': 'TCB_INFO_CHAIN_INVALID',
  'now-after-next-update': 'TCB_INFO_EXPIRED'
}

describe.skipIf(!HAS_VECTORS)(`a good quote with one change${WHERE}`, () => {
  const negatives = readNegatives()

  test('every case has its code here', () => {
    expect(negatives.map(({ id }) => id).sort()).toEqual(Object.keys(NEGATIVES).sort())
  })

  test.each(negatives.map((negative) => [negative.id, negative.reason, negative] as const))(
    '%s is refused: %s',
    (id, _, { quote, collateral, now }) => {
      const verify = () => verifyTdxQuote(parseTdxQuote(quote), parseTdxCollateral(collateral), INTEL, now)
      expect(verify).toThrow(expect.objectContaining({ name: 'AttestationError', code: NEGATIVES[id] }))
    }
  )
})
