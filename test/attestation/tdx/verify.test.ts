import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { generateEc, sha256, signEcdsa } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { encodePem } from '../../../attestation/pem.ts'
import { encodeTdxCollateral, parseTdxCollateral, type TdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { authenticateCollateral, isSigner } from '../../../attestation/tdx/endorsements.ts'
import { authenticatePlatform } from '../../../attestation/tdx/platform.ts'
import { verifyEndorsedQuote, verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { createCertificate } from '../../../attestation/virtual/certificates.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { type Certificate, parseCertificate } from '../../../attestation/x509.ts'
import { anchorsOf, createEvidence, createRoot, type MadeEvidence, NOW } from './evidence.ts'

const DAY = 24 * 3600
const refusal = (code: string) => expect.objectContaining({ name: 'AttestationError', code })
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

let root: VirtualRoot
let made: MadeEvidence

beforeAll(async () => {
  root = await createRoot()
  made = await createEvidence(root)
})

describe('a verified quote', () => {
  test('says what it was verified with', () => {
    const verified = verifyTdxQuote(made.quote, made.collateral, anchorsOf(root), NOW)
    expect(verified).toMatchObject({
      status: 'UpToDate',
      evaluationDataNumber: 18,
      collateralExpired: false,
      rootFingerprint: sha256(root.root.certificate),
      collateralNotAfter: later(30 * DAY)
    })
    expect(verified.quote).toBe(made.quote)
  })

  test('lives no longer than its PCK certificate', async () => {
    const { quote, collateral } = await createEvidence(root, { pckValid: { from: -DAY, until: 3 * DAY } })
    const { collateralNotAfter } = verifyTdxQuote(quote, collateral, anchorsOf(root), NOW)
    expect(collateralNotAfter).toEqual(later(3 * DAY))
  })

  test('has the lower of two evaluation numbers', async () => {
    const { quote, collateral } = await createEvidence(root, {}, { qeIdentity: { tcbEvaluationDataNumber: 12 } })
    expect(verifyTdxQuote(quote, collateral, anchorsOf(root), NOW).evaluationDataNumber).toBe(12)
  })
})

describe('collateral past its nextUpdate', () => {
  const lapsed = { from: -30 * DAY, until: -DAY }
  const DOCUMENTS = [
    ['TCB_INFO_EXPIRED', { tcbInfoValid: lapsed }],
    ['QE_IDENTITY_EXPIRED', { qeIdentityValid: lapsed }],
    ['PCK_CRL_EXPIRED', { pckCrlValid: lapsed }],
    ['ROOT_CRL_EXPIRED', { rootCrlValid: lapsed }]
  ] as const

  test.each(DOCUMENTS)('is refused with %s', async (code, options) => {
    const { quote, collateral } = await createEvidence(root, {}, options)
    expect(() => verifyTdxQuote(quote, collateral, anchorsOf(root, DAY - 1), NOW)).toThrow(refusal(code))
  })

  test.each(DOCUMENTS)('is taken within the excess, and says so, instead of %s', async (_, options) => {
    const { quote, collateral } = await createEvidence(root, {}, options)
    const verified = verifyTdxQuote(quote, collateral, anchorsOf(root, DAY), NOW)
    expect(verified).toMatchObject({ collateralExpired: true, collateralNotAfter: NOW })
  })

  test.each([
    ['TCB_INFO_EXPIRED', { tcbInfoValid: { from: 1, until: DAY } }],
    ['QE_IDENTITY_EXPIRED', { qeIdentityValid: { from: 1, until: DAY } }],
    ['PCK_CRL_EXPIRED', { pckCrlValid: { from: 1, until: DAY } }],
    ['ROOT_CRL_EXPIRED', { rootCrlValid: { from: 1, until: DAY } }]
  ])('is refused with %s before it was issued, whatever the excess', async (code, options) => {
    const { quote, collateral } = await createEvidence(root, {}, options)
    expect(() => verifyTdxQuote(quote, collateral, anchorsOf(root, 100 * DAY), NOW)).toThrow(refusal(code))
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('with an excess of %s is the caller’s mistake', (excess) => {
    expect(() => verifyTdxQuote(made.quote, made.collateral, anchorsOf(root, excess), NOW)).toThrow(TypeError)
  })
})

describe('collateral whose signer', () => {
  async function resigned(commonName: string, validity: { from: number; until: number }, role: 'leaf' | 'ca' = 'leaf') {
    const key = generateEc('P-256')
    const [notBefore, notAfter] = [later(validity.from), later(validity.until)]
    const signer = await createCertificate({ commonName, key, role, notBefore, notAfter }, root.root)
    const chain = encodePem([signer, root.root.certificate])
    const sign = (text: string) => signEcdsa('P-256', key, encodeUtf8(text))
    const { tcbInfo, qeIdentity } = made.collateral
    return {
      ...made.collateral,
      tcbInfoSignature: sign(tcbInfo),
      tcbInfoIssuerChain: chain,
      qeIdentitySignature: sign(qeIdentity),
      qeIdentityIssuerChain: chain
    }
  }

  test('is another TCB signing certificate of the root is taken', async () => {
    const collateral = await resigned('SGX TCB Signing', { from: -DAY, until: DAY })
    const verified = verifyTdxQuote(made.quote, collateral, anchorsOf(root), NOW)
    expect(verified).toMatchObject({ status: 'UpToDate', collateralNotAfter: later(DAY) })
  })

  test.each([
    ['has expired', 'SGX TCB Signing', { from: -2 * DAY, until: -DAY }],
    ['is yet to be valid', 'SGX TCB Signing', { from: DAY, until: 2 * DAY }],
    ['is a PCK certificate', 'SGX PCK Certificate', { from: -DAY, until: DAY }]
  ] as const)('%s is refused', async (_, commonName, validity) => {
    const collateral = await resigned(commonName, validity)
    expect(() => verifyTdxQuote(made.quote, collateral, anchorsOf(root), NOW)).toThrow(
      refusal('TCB_INFO_CHAIN_INVALID')
    )
  })

  test('is a CA is refused', async () => {
    const collateral = await resigned('SGX TCB Signing', { from: -DAY, until: DAY }, 'ca')
    expect(() => verifyTdxQuote(made.quote, collateral, anchorsOf(root), NOW)).toThrow(
      refusal('TCB_INFO_CHAIN_INVALID')
    )
  })
})

test('only a leaf of its name that signs with P-256 is taken for a signer', () => {
  const signer = parseCertificate(root.tcbSigning.certificate)
  expect(isSigner(signer, 'SGX TCB Signing')).toBe(true)
  for (const change of [{ curve: 'P-384' }, { curve: undefined }, { isCa: true }, { keyUsage: new Set() }] as const) {
    expect(isSigner({ ...signer, ...change } as Certificate, 'SGX TCB Signing')).toBe(false)
  }
  expect(isSigner(signer, 'SGX PCK Certificate')).toBe(false)
})

test('collateral with bytes changed is refused with a code, or says the same', () => {
  const bytes = encodeTdxCollateral(made.collateral)
  const good = verifyTdxQuote(made.quote, made.collateral, anchorsOf(root), NOW)
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 127 })), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(edits, (changes) => {
      const copy = Uint8Array.from(bytes)
      for (const [at, mask] of changes) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ mask
      try {
        // White space of PEM and the case of hex digits are nobody's to sign.
        expect(verifyTdxQuote(made.quote, parseTdxCollateral(copy), anchorsOf(root), NOW)).toEqual(good)
      } catch (error) {
        if (!(error instanceof AttestationError)) throw error
      }
    }),
    { numRuns: 200 }
  )
})

describe('collateral of another form', () => {
  const signed = (member: 'tcbInfo' | 'qeIdentity', text: string): TdxCollateral => ({
    ...made.collateral,
    [member]: text,
    [`${member}Signature`]: signEcdsa('P-256', root.tcbSigning.key, encodeUtf8(text))
  })
  const edited = (member: 'tcbInfo' | 'qeIdentity', edit: (document: Record<string, unknown>) => void) => {
    const document = JSON.parse(made.collateral[member])
    edit(document)
    return signed(member, JSON.stringify(document))
  }

  test('is verified over the raw text, white space and all', () => {
    const collateral = signed('tcbInfo', ` ${made.collateral.tcbInfo}\n`)
    expect(verifyTdxQuote(made.quote, collateral, anchorsOf(root), NOW).status).toBe('UpToDate')
  })

  test.each<[string, string, () => TdxCollateral]>([
    ['COLLATERAL_MALFORMED', 'TCB info that is no JSON', () => signed('tcbInfo', '{')],
    [
      'TCB_INFO_MISMATCH',
      'TCB info of version 2',
      () => edited('tcbInfo', (info) => Object.assign(info, { version: 2 }))
    ],
    [
      'COLLATERAL_MALFORMED',
      'a date of another form',
      () => edited('tcbInfo', (info) => Object.assign(info, { nextUpdate: '2030' }))
    ],
    ['COLLATERAL_MALFORMED', 'no levels', () => edited('tcbInfo', (info) => delete info['tcbLevels'])],
    [
      'COLLATERAL_MALFORMED',
      'a status that nobody knows',
      () => signed('tcbInfo', made.collateral.tcbInfo.replace('"UpToDate"', '"Fine"'))
    ],
    [
      'COLLATERAL_MALFORMED',
      'a component over 255',
      () => signed('tcbInfo', made.collateral.tcbInfo.replace('{"svn":3', '{"svn":256'))
    ],
    [
      'COLLATERAL_MALFORMED',
      'a short MRSIGNER',
      () => edited('qeIdentity', (qe) => Object.assign(qe, { mrsigner: '00' }))
    ],
    [
      'QE_IDENTITY_VERSION_INVALID',
      'a QE identity of version 3',
      () => edited('qeIdentity', (qe) => Object.assign(qe, { version: 3 }))
    ]
  ])('is refused with %s: %s', (code, _, make) => {
    expect(() => verifyTdxQuote(made.quote, make(), anchorsOf(root), NOW)).toThrow(refusal(code))
  })

  test('whose unsigned text is malformed is refused for its signature', () => {
    const collateral = { ...made.collateral, tcbInfo: '{' }
    expect(() => verifyTdxQuote(made.quote, collateral, anchorsOf(root), NOW)).toThrow(
      refusal('TCB_INFO_SIGNATURE_INVALID')
    )
  })

  test.each<[string, Partial<Record<keyof TdxCollateral, string>>]>([
    ['TCB_INFO_CHAIN_INVALID', { tcbInfoIssuerChain: '' }],
    ['TCB_INFO_CHAIN_INVALID', { qeIdentityIssuerChain: '' }],
    ['PCK_CRL_INVALID', { pckCrlIssuerChain: '' }]
  ])('is refused with %s without an issuer chain', (code, change) => {
    const collateral = { ...made.collateral, ...change } as TdxCollateral
    expect(() => verifyTdxQuote(made.quote, collateral, anchorsOf(root), NOW)).toThrow(refusal(code))
  })
})

describe('endorsements that were kept', () => {
  const keep = ({ quote, collateral }: MadeEvidence, anchors = anchorsOf(root)) => ({
    platform: authenticatePlatform(quote.pckChainPem, anchors),
    collateral: authenticateCollateral(collateral, anchors)
  })

  test('verify their quote as they did when they were new', () => {
    const anchors = anchorsOf(root)
    const kept = verifyEndorsedQuote(made.quote, keep(made), anchors, NOW)
    expect(kept).toEqual(verifyTdxQuote(made.quote, made.collateral, anchors, NOW))
  })

  test.each([
    ['qeReportBytes', 'QE_REPORT_SIGNATURE_INVALID'],
    ['qeReportSignature', 'QE_REPORT_SIGNATURE_INVALID'],
    ['attestationKey', 'AK_BINDING_INVALID'],
    ['qeAuthData', 'AK_BINDING_INVALID'],
    ['signature', 'QUOTE_SIGNATURE_INVALID']
  ] as const)('with a vouched key refuse a quote with other %s', (field, code) => {
    const anchors = anchorsOf(root)
    const { vouchedKey } = verifyEndorsedQuote(made.quote, keep(made), anchors, NOW)
    const verify = (quote: typeof made.quote) => verifyEndorsedQuote(quote, { ...keep(made), vouchedKey }, anchors, NOW)
    expect(verify(made.quote).vouchedKey).toBe(vouchedKey)
    const changed = made.quote[field].length === 0 ? Uint8Array.of(1) : made.quote[field].slice()
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
    expect(() => verify({ ...made.quote, [field]: changed })).toThrow(refusal(code))
  })

  test('do not take the vouched key of another platform', async () => {
    const other = await createEvidence(root)
    const { vouchedKey } = verifyEndorsedQuote(other.quote, keep(other), anchorsOf(root), NOW)
    const verified = verifyEndorsedQuote(made.quote, { ...keep(made), vouchedKey }, anchorsOf(root), NOW)
    expect(verified.vouchedKey).not.toBe(vouchedKey)
  })

  test('do not outlive their dates', () => {
    const verify = () => verifyEndorsedQuote(made.quote, keep(made), anchorsOf(root), later(31 * DAY))
    expect(verify).toThrow(refusal('TCB_INFO_EXPIRED'))
  })

  test('are not another quote’s', async () => {
    const other = await createEvidence(root)
    const verify = () => verifyEndorsedQuote(other.quote, keep(made), anchorsOf(root), NOW)
    expect(verify).toThrow(refusal('PCK_CHAIN_INVALID'))
  })

  test('are not trusted by anchors that do not trust their root', async () => {
    const verify = (anchors: ReturnType<typeof anchorsOf>) => verifyEndorsedQuote(made.quote, keep(made), anchors, NOW)
    expect(() => verify({ ...anchorsOf(root), intelSgxRoots: [] })).toThrow(refusal('ROOT_CA_UNTRUSTED'))
    const other = anchorsOf(await createRoot())
    expect(() => verify(other)).toThrow(refusal('ROOT_CA_UNTRUSTED'))
  })

  test('of two roots do not mix, though both are trusted', async () => {
    const otherRoot = await createRoot()
    const other = await createEvidence(otherRoot)
    const both = { ...anchorsOf(root), intelSgxRoots: [root.root.certificate, otherRoot.root.certificate] }
    const mixed = { platform: keep(made).platform, collateral: keep(other, both).collateral }
    expect(() => verifyEndorsedQuote(made.quote, mixed, both, NOW)).toThrow(refusal('PCK_CRL_INVALID'))
  })
})
