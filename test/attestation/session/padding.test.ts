import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paddedSize } from '../../../attestation/session/padding.ts'

describe('padding', () => {
  it('is the smallest of the sizes that is not below the length', () => {
    const sizes = Array.from({ length: 17 }, (_, k) => [4, 5, 6, 7].map((quarters) => quarters * 256 * 2 ** k)).flat()
    fc.assert(
      fc.property(fc.nat(64 * 1024 * 1024), (length) => {
        expect(paddedSize(length)).toBe(sizes.find((size) => size >= length))
      })
    )
    for (const size of sizes) expect([paddedSize(size - 1), paddedSize(size)]).toEqual([size, size])
  })
})
