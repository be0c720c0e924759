import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { decodeJcs, encodeJcs, type JsonValue } from '../../attestation/jcs.ts'
import { refusalOf } from './session/alteration.ts'

const anyValue = fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<JsonValue>

describe('the RFC 8785 form', () => {
  it.each<[string, JsonValue, string]>([
    ['no white space', [1, { a: null }, true], '[1,{"a":null},true]'],
    [
      'members by UTF-16 code units',
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}'
    ],
    ['members that look like numbers by their digits', { '2': 2, '10': 1, a: 3 }, '{"10":1,"2":2,"a":3}'],
    ['the members of what is inside', [{ b: { d: 1, c: 2 }, a: 3 }], '[{"a":3,"b":{"c":2,"d":1}}]'],
    [
      'numbers as ECMAScript writes them',
      [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0],
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]'
    ],
    ['no more escapes than must be', '\u20ac$\u000f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"']
  ])('has %s', (_, value, form) => {
    expect(decodeUtf8(encodeJcs(value))).toBe(form)
    expect(decodeJcs(encodeUtf8(form), 1000)).toEqual(JSON.parse(form))
  })

  it('is one, whatever order the members came in, and is read as what was written', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const form = encodeJcs(value)
        expect(encodeJcs(turned(value))).toEqual(form)
        expect(JSON.stringify(decodeJcs(form, 1_000_000))).toBe(JSON.stringify(JSON.parse(decodeUtf8(form))))
      })
    )
  })

  it.each([
    ['white space', '{"a": 1}'],
    ['another order', '{"b":1,"a":2}'],
    ['another order inside', '[{"b":1,"a":2}]'],
    ['numbers in order of value', '{"2":2,"10":1}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['another form of a number', '[1.0]'],
    ['another form of a text', '["\\u0061"]'],
    ['half a character', '["\\ud800"]'],
    ['half a character in a name', '{"\\ud800":1}'],
    ['a byte order mark', '\ufeff{}'],
    ['something after it', '{}\n'],
    ['nothing', '']
  ])('is not %s', async (_, text) => {
    expect(await refusalOf(() => decodeJcs(encodeUtf8(text), 1000))).toBe('JCS_MALFORMED')
  })

  it.each([
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['more bytes than are allowed', encodeUtf8(`"${'a'.repeat(1000)}"`)]
  ])('is not %s', async (_, bytes) => {
    expect(await refusalOf(() => decodeJcs(bytes, 1000))).toBe('JCS_MALFORMED')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800'])('does not exist of %j', (value) => {
    expect(() => encodeJcs([value])).toThrow()
  })
})

/** The same with all members in the opposite order. */
function turned(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([member, inner]) => [member, turned(inner as JsonValue)] as const)
      .toReversed()
  )
}
