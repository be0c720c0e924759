import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate } from '../../../attestation/session/slab.ts'

describe('shared memory', () => {
  it('gives no byte out twice', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 60 }), (lengths) => {
        const given = lengths.map(allocate)
        for (const [i, bytes] of given.entries()) bytes.fill(i + 1)
        expect(given.every((bytes, i) => bytes.every((byte) => byte === i + 1))).toBe(true)
        expect(given.map(({ byteLength }) => byteLength)).toEqual(lengths)
      })
    )
  })
})
