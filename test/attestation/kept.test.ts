import { describe, expect, test } from 'vitest'
import { AttestationError } from '../../attestation/errors.ts'
import { keepByDigest } from '../../attestation/kept.ts'

const digest = (value: number): string => `digest ${value}`

describe('what is kept by digest', () => {
  test('is made once, as long as it is kept', () => {
    const keep = keepByDigest<object>(2)
    const made = [1, 2].map((value) => keep(digest(value), () => ({})))
    expect(made.map((object, at) => keep(digest(at + 1), () => ({})) === object)).toEqual([true, true])
    keep(digest(3), () => ({}))
    expect(keep(digest(1), () => ({}))).not.toBe(made[0])
  })

  test('is not what a check refused', () => {
    const keep = keepByDigest<object>(2)
    const refuse = () => {
      throw new AttestationError('RIM_CHAIN_INVALID', 'no')
    }
    expect(() => keep(digest(1), refuse)).toThrow('no')
    expect(() => keep(digest(1), refuse)).toThrow('no')
    expect(keep(digest(1), () => ({}))).toEqual({})
  })
})
