import { describe, expect, it } from 'vitest'
import { SESSION_CODES, sessionCode, sessionCodeNumber, sessionCodeOf } from '../../../attestation/session/codes.ts'

describe('codes', () => {
  it('are numbered from 1 in the protocol’s order', () => {
    expect(SESSION_CODES.map(sessionCodeNumber)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
    expect(SESSION_CODES.map((_, i) => sessionCode(i + 1))).toEqual(SESSION_CODES)
    const some = [1, 6, 13, 17].map(sessionCode)
    expect(some).toEqual(['SESSION_UNKNOWN', 'UNSEAL_FAILED', 'PROTOCOL', 'BUDGET_SPENT'])
  })

  it('that are not known are no code', () => {
    expect([sessionCode(0), sessionCode(18), sessionCode(65_535)]).toEqual([undefined, undefined, undefined])
  })

  it('name the layer’s errors on the wire', () => {
    expect(sessionCodeOf('REPLAYED')).toBe('REPLAYED')
    expect(sessionCodeOf('KEYSET_LAPSED')).toBe('KEYSET_CHANGED')
    expect(sessionCodeOf('HELLO_MALFORMED')).toBe('PROTOCOL')
  })
})
