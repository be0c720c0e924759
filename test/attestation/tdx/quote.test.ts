import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { concatBytes } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { MAX_QUOTE, parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { VIRTUAL_TD } from '../../../attestation/virtual/td.ts'
import { anchorsOf, createEvidence, createRoot, type MadeEvidence, NOW, patched } from './evidence.ts'

/** Where version 4 has what, from the start: header, body, then signature data. */
const V4 = { signatureLength: 632, signature: 636, certification: 636 + 128 }
const CERTIFICATION = { qeReport: 6, authLength: 6 + 384 + 64, pckType: 6 + 384 + 64 + 2 + 32 }
const V5 = { bodyType: 48, bodySize: 50, body: 54 }

let root: VirtualRoot
let v4: MadeEvidence
let v5: MadeEvidence

beforeAll(async () => {
  root = await createRoot()
  v4 = await createEvidence(root)
  v5 = await createEvidence(root, { td: { version: 5, tdVersion: '1.5', mrServiceTd: new Uint8Array(48).fill(9) } })
})

describe('a quote', () => {
  test('of version 4 is read', () => {
    const { quote, quoteBytes } = v4
    expect(quote.header).toMatchObject({ version: 4, teeType: 0x81, attestationKeyType: 2 })
    expect(quote.body).toMatchObject({ kind: 'tdx10', mrTd: VIRTUAL_TD.mrTd, xfam: VIRTUAL_TD.xfam })
    expect(quote.body.reportData).toEqual(new Uint8Array(64).fill(0x5d))
    expect(quote.signedBytes).toEqual(quoteBytes.subarray(0, V4.signatureLength))
    expect(quote.qeReport).toMatchObject({ isvProdId: 2, isvSvn: 4 })
    expect(quote.pckChainPem.startsWith('-----BEGIN CERTIFICATE-----')).toBe(true)
  })

  test('of version 5 with a TD 1.5 report is read', () => {
    const { quote, quoteBytes } = v5
    expect(quote.body).toMatchObject({ kind: 'tdx15', mrServiceTd: new Uint8Array(48).fill(9) })
    expect(quote.signedBytes).toEqual(quoteBytes.subarray(0, V5.body + 648))
  })

  test('may have bytes after it, which say nothing', () => {
    const bytes = concatBytes(v4.quoteBytes, new Uint8Array(3000).fill(0xee))
    expect(parseTdxQuote(bytes)).toEqual({ ...v4.quote, bytes })
  })
})

describe('refuses', () => {
  test.each<[string, string, () => Uint8Array]>([
    ['QUOTE_TRUNCATED', 'nothing', () => new Uint8Array(0)],
    ['QUOTE_TRUNCATED', 'a header alone', () => v4.quoteBytes.subarray(0, 48)],
    ['QUOTE_TRUNCATED', 'a quote without its last byte', () => v4.quoteBytes.subarray(0, -1)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'version 2', () => patched(v4.quoteBytes, 0, 2)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'version 3 of TDX', () => patched(v4.quoteBytes, 0, 3)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'version 6', () => patched(v4.quoteBytes, 0, 6)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'version 5 without a body descriptor', () => patched(v4.quoteBytes, 0, 5)],
    ['QUOTE_TRUNCATED', 'version 4 with one', () => patched(v5.quoteBytes, 0, 4)],
    ['WRONG_TEE_TYPE', 'an SGX report in version 4', () => patched(v4.quoteBytes, 4, 0)],
    ['WRONG_TEE_TYPE', 'a TEE that nobody knows', () => patched(v4.quoteBytes, 4, 0x82)],
    ['ATTESTATION_KEY_TYPE_UNSUPPORTED', 'ECDSA P-384', () => patched(v4.quoteBytes, 2, 3)],
    ['QE_VENDOR_UNKNOWN', 'another vendor’s QE', () => patched(v4.quoteBytes, 12, 0)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'an SGX body in a TDX quote', () => patched(v5.quoteBytes, V5.bodyType, 1)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'a body type that nobody knows', () => patched(v5.quoteBytes, V5.bodyType, 4)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'TD 1.0 in the size of TD 1.5', () => patched(v5.quoteBytes, V5.bodyType, 2)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'a body of another size', () => patched(v5.quoteBytes, V5.bodySize, 0x89)],
    ['QUOTE_TRUNCATED', 'signature data past the end', () => patched(v4.quoteBytes, V4.signatureLength + 2, 1)],
    ['QUOTE_TRUNCATED', 'no signature data', () => patched(v4.quoteBytes, V4.signatureLength, 0, 0, 0, 0)],
    ['QUOTE_FORMAT_UNSUPPORTED', 'certification data of type 5', () => patched(v4.quoteBytes, V4.certification, 5)],
    ['QUOTE_TRUNCATED', 'certification data past its end', () => patched(v4.quoteBytes, V4.certification + 4, 1)],
    [
      'QUOTE_TRUNCATED',
      'auth data past its end',
      () => patched(v4.quoteBytes, V4.certification + CERTIFICATION.authLength, 0xff, 0xff)
    ],
    [
      'QUOTE_FORMAT_UNSUPPORTED',
      'a PCK that is not a chain',
      () => patched(v4.quoteBytes, V4.certification + CERTIFICATION.pckType, 3)
    ],
    ['QUOTE_FORMAT_UNSUPPORTED', 'more than 64 KiB', () => concatBytes(v4.quoteBytes, new Uint8Array(MAX_QUOTE))]
  ])('with %s: %s', (code, _, make) => {
    expect(() => parseTdxQuote(make())).toThrow(expect.objectContaining({ code }))
  })

  test('signature data that is longer than what is in it', () => {
    const { quoteBytes } = v4
    const length = new DataView(quoteBytes.buffer, quoteBytes.byteOffset).getUint32(V4.signatureLength, true) + 1
    const longer = patched(concatBytes(quoteBytes, Uint8Array.of(0)), V4.signatureLength, length & 0xff, length >> 8)
    expect(() => parseTdxQuote(longer)).toThrow(expect.objectContaining({ code: 'QUOTE_FORMAT_UNSUPPORTED' }))
  })
})

describe('whatever the bytes', () => {
  function outcome(bytes: Uint8Array): string {
    try {
      return verifyTdxQuote(parseTdxQuote(bytes), v4.collateral, anchorsOf(root), NOW).status
    } catch (error) {
      if (error instanceof AttestationError) return error.code
      throw error
    }
  }

  test('they are refused with a code', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        (bytes) => outcome(concatBytes(v4.quote.signedBytes, bytes)) !== 'UpToDate'
      )
    )
  })

  test('a quote with bits turned is refused with a code', () => {
    const turns = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(turns, fc.nat(), (changes, cut) => {
        const bytes = Uint8Array.from(
          v4.quoteBytes.subarray(0, v4.quoteBytes.length - (cut % 8 === 0 ? cut % 5000 : 0))
        )
        for (const [at, mask] of changes) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
        fc.pre(Buffer.compare(bytes, v4.quoteBytes) !== 0 && !isHarmless(bytes))
        return outcome(bytes) !== 'UpToDate'
      }),
      { numRuns: 300 }
    )
  })

  /** Nobody signs the white space of a PEM, nor the NUL after it. */
  function isHarmless(bytes: Uint8Array): boolean {
    try {
      const { pckChainPem, ...parsed } = parseTdxQuote(bytes)
      const same = (text: string) => text.replace(/[\s\0]/g, '')
      return same(pckChainPem) === same(v4.quote.pckChainPem) && isSigned(parsed.signedBytes) && isSame(parsed)
    } catch {
      return false
    }
  }

  const isSigned = (bytes: Uint8Array) => Buffer.compare(bytes, v4.quote.signedBytes) === 0
  const isSame = ({
    signature,
    attestationKey,
    qeReportBytes,
    qeReportSignature,
    qeAuthData
  }: Omit<MadeEvidence['quote'], 'pckChainPem'>) =>
    Buffer.compare(
      concatBytes(signature, attestationKey, qeReportBytes, qeReportSignature, qeAuthData),
      concatBytes(
        v4.quote.signature,
        v4.quote.attestationKey,
        v4.quote.qeReportBytes,
        v4.quote.qeReportSignature,
        v4.quote.qeAuthData
      )
    ) === 0
})
