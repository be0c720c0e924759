import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverRoot, coverStatement, EMPTY_COVER } from '../../../attestation/receipt/cover.ts'
import type { UsageStatement } from '../../../attestation/receipt/usage.ts'
import {
  addUsage,
  EMPTY_PERIOD,
  fitsPeriod,
  proveUsage,
  usageLeaf,
  usageProver,
  verifyUsageInLeaf
} from '../../../attestation/receipt/usage-period.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { refusalOf } from '../session/alteration.ts'

const [FROM, TO] = [new Date(1_800_000_000_000), new Date(1_800_003_600_000)]
const count = fc.nat(1_000_000)
const statements = fc.array(
  fc
    .record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
      counts: fc.record({ prompt: count, cached: count, completion: count, reasoning: count }),
      durationMs: count,
      price: fc.bigInt({ min: 0n, max: 10n ** 9n })
    })
    .map((fields) => fields as unknown as UsageStatement),
  { minLength: 1, maxLength: 30 }
)
const periodOf = (list: readonly UsageStatement[]) =>
  usageLeaf(list.reduce(addUsage, EMPTY_PERIOD), { from: FROM, to: TO })

describe('a period of usage', () => {
  it('is the number, the sums and the tree of its statements', () => {
    fc.assert(
      fc.property(statements, (list) => {
        const leaf = periodOf(list)
        const total = (of: (statement: UsageStatement) => number) => list.reduce((sum, one) => sum + of(one), 0)
        expect(leaf).toEqual({
          kind: 'usage',
          v: 1,
          from: FROM,
          to: TO,
          root: coverRoot(list.reduce(coverStatement, EMPTY_COVER)),
          count: list.length,
          totals: {
            promptTokens: total(({ counts }) => counts.prompt),
            cachedTokens: total(({ counts }) => counts.cached),
            completionTokens: total(({ counts }) => counts.completion),
            reasoningTokens: total(({ counts }) => counts.reasoning),
            durationMs: total(({ durationMs }) => durationMs),
            price: total(({ price }) => Number(price))
          }
        })
      })
    )
  })

  it('proves each of its statements, and no other statement or place', async () => {
    await fc.assert(
      fc.asyncProperty(statements, fc.nat(), async (list, draw) => {
        const leaf = periodOf(list)
        const index = draw % list.length
        const { bytes } = list[index]!
        const proof = proveUsage(
          list.map((one) => one.bytes),
          index
        )
        verifyUsageInLeaf(bytes, { index, proof }, leaf)
        expect(usageProver(list.map((one) => leafHash(one.bytes)))(index)).toEqual(proof)
        const other = Uint8Array.of(...bytes, 0)
        expect(await refusalOf(() => verifyUsageInLeaf(other, { index, proof }, leaf))).toBe('PROOF_INVALID')
        const past = { index: list.length, proof }
        expect(await refusalOf(() => verifyUsageInLeaf(bytes, past, leaf))).toBe('PROOF_MALFORMED')
      })
    )
  })

  it('must be closed before its sums outgrow 2^53', () => {
    const [one] = fc.sample(statements, 1)[0]!
    const price = BigInt(Number.MAX_SAFE_INTEGER)
    const full = addUsage(EMPTY_PERIOD, { ...one!, price })
    expect([0n, 1n].map((more) => fitsPeriod(full, { ...one!, price: more }))).toEqual([true, false])
    expect(() => addUsage(full, { ...one!, price: 1n })).toThrow(RangeError)
  })
})
