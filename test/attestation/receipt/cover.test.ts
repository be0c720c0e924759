import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { coverRoot, coverStatement, EMPTY_COVER } from '../../../attestation/receipt/cover.ts'
import type { UsageStatement } from '../../../attestation/receipt/usage.ts'
import { leafHash, nodeHash } from '../../../attestation/tlog/hash.ts'

const statement = (bytes: Uint8Array, price = 1n) => ({ bytes, price }) as UsageStatement
const cover = (statements: readonly UsageStatement[]) => statements.reduce(coverStatement, EMPTY_COVER)

describe('what a voucher covers', () => {
  it('is nothing at first', () => {
    expect(EMPTY_COVER.owed).toBe(0n)
    expect(coverRoot(EMPTY_COVER)).toEqual(sha256())
  })

  it('is the tree of RFC 6962 over the statements as they were signed', () => {
    const [a, b, c] = [1, 2, 3].map((n) => Uint8Array.of(n))
    const root = nodeHash(nodeHash(leafHash(a!), leafHash(b!)), leafHash(c!))
    expect(coverRoot(cover([statement(a!), statement(b!), statement(c!)]))).toEqual(root)
  })

  it('owes the sum of their prices, and another root for another statement, order or number', () => {
    const statements = fc.array(
      fc.tuple(fc.uint8Array({ maxLength: 8 }), fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })),
      { minLength: 1, maxLength: 20 }
    )
    fc.assert(
      fc.property(statements, statements, (one, other) => {
        const [a, b] = [one, other].map((list) => cover(list.map(([bytes, price]) => statement(bytes, price))))
        expect(a!.owed).toBe(one.reduce((sum, [, price]) => sum + price, 0n))
        const same =
          JSON.stringify(one.map(([bytes]) => [...bytes])) === JSON.stringify(other.map(([bytes]) => [...bytes]))
        expect(Buffer.compare(coverRoot(a!), coverRoot(b!)) === 0).toBe(same)
      })
    )
  })
})
