import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import { createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const td = { version: 5, tdVersion: '1.5' } as const
const QUOTE = quoteVirtual(await createVirtualPlatform(root, { td }, NOW), { reportData: new Uint8Array(64).fill(9) })
const COLLATERAL = await createVirtualCollateral(root, {}, NOW)
const ANCHORS = {
  intelSgxRoots: [root.root.certificate],
  dangerouslyAcceptCollateralSecondsPastNextUpdate: 0
}
const RUNS = 200

/** Everything that an appraisal would take from the evidence; undefined where it is refused. */
function claimsOf(quoteBytes: Uint8Array, collateralBytes: Uint8Array) {
  try {
    const quote = parseTdxQuote(quoteBytes)
    const verified = verifyTdxQuote(quote, parseTdxCollateral(collateralBytes), ANCHORS, NOW)
    const { status, advisories, collateralNotAfter, rootFingerprint, evaluationDataNumber } = verified
    const signed = encodeHex(quote.signedBytes)
    return { signed, status, advisories, collateralNotAfter, rootFingerprint, evaluationDataNumber }
  } catch (error) {
    if (error instanceof AttestationError) return undefined
    throw error
  }
}

function turned(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}

const UNTOUCHED = claimsOf(QUOTE, COLLATERAL)

// Some bits carry nothing: the case of a hex digit, one white space for another.
describe('evidence with one bit turned is refused, or proves exactly what it did', () => {
  test('untouched, it proves something', () => {
    expect(UNTOUCHED).toMatchObject({ status: 'UpToDate' })
  })

  test('wherever it is in the quote', () => {
    const bits = fc.integer({ min: 0, max: QUOTE.byteLength * 8 - 1 })
    fc.assert(
      fc.property(bits, (bit) => {
        const claims = claimsOf(turned(QUOTE, bit), COLLATERAL)
        if (claims !== undefined) expect(claims).toEqual(UNTOUCHED)
      }),
      { numRuns: RUNS }
    )
  })

  test('wherever it is in the collateral', () => {
    const bits = fc.integer({ min: 0, max: COLLATERAL.byteLength * 8 - 1 })
    fc.assert(
      fc.property(bits, (bit) => {
        const claims = claimsOf(QUOTE, turned(COLLATERAL, bit))
        if (claims !== undefined) expect(claims).toEqual(UNTOUCHED)
      }),
      { numRuns: RUNS }
    )
  })

  test('and everything before the PCK chain is refused', () => {
    const bits = fc.integer({ min: 0, max: 1200 * 8 - 1 })
    fc.assert(
      fc.property(bits, (bit) => {
        expect(claimsOf(turned(QUOTE, bit), COLLATERAL)).toBeUndefined()
      }),
      { numRuns: RUNS }
    )
  })

  test('and so is a quote cut anywhere', () => {
    const lengths = fc.integer({ min: 0, max: QUOTE.byteLength - 1 })
    fc.assert(
      fc.property(lengths, (length) => {
        expect(claimsOf(QUOTE.subarray(0, length), COLLATERAL)).toBeUndefined()
      }),
      { numRuns: RUNS }
    )
  })
})
