import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  base64,
  constant,
  flag,
  hex,
  integer,
  list,
  nullable,
  object,
  oneOf,
  type Shape,
  ShapeError,
  text,
  union,
  unixTime,
  wordOr
} from '../../../attestation/appraisal/shape.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'

const nested = object({ mrTd: hex(2), inner: object({ count: integer(1, 3), on: flag }) })
const either = union({
  none: object({ kind: constant('none') }),
  some: object({ kind: constant('some'), size: integer(0, 9) })
})

describe('a shape', () => {
  const good: readonly (readonly [string, Shape<unknown>, JsonValue])[] = [
    ['an object with snake_case members', nested, { mr_td: '00ff', inner: { count: 3, on: true } }],
    ['a union by its kind', either, { kind: 'some', size: 0 }],
    ['a word or a list', wordOr(['any'], list(hex(1), 2)), 'any'],
    ['a list for a word or a list', wordOr(['any'], list(hex(1), 2)), ['00', '01']],
    ['null', nullable(hex(1)), null],
    ['unix seconds', unixTime, 1_790_000_000],
    ['base64', base64(3), 'AAEC'],
    ['a constant', constant(1), 1]
  ]
  it.each(good)('reads and writes back %s', (_, shape, value) => {
    expect(shape.write(shape.read(value, ''))).toEqual(value)
  })

  const bad: readonly (readonly [string, Shape<unknown>, JsonValue | undefined, RegExp])[] = [
    ['a member missing', nested, { mr_td: '00ff', inner: { count: 3 } }, /^inner\.on: missing/],
    ['a member too many', nested, { mr_td: '00ff', inner: { count: 3, on: true }, x: 1 }, /^x: no such field/],
    ['a member in camelCase', nested, { mrTd: '00ff', inner: { count: 3, on: true } }, /^mrTd: no such field/],
    ['a member that objects inherit', nested, JSON.parse('{"__proto__":{"mr_td":"00ff"}}'), /__proto__: no such field/],
    ['a list for an object', nested, [], /^document: an object wanted/],
    ['null for an object', nested, null, /^document: an object wanted/],
    ['a kind that nobody knows', either, { kind: 'toString' }, /^kind: one of none, some wanted/],
    ['no kind', either, {}, /^kind: one of/],
    ['a member of another kind', either, { kind: 'none', size: 0 }, /^size: no such field/],
    ['an integer past its end', integer(1, 3), 4, /1\.\.3/],
    ['a fraction', integer(1, 3), 1.5, /an integer/],
    ['digits', integer(1, 3), '2', /an integer/],
    ['upper-case hex', hex(1), 'FF', /match/],
    ['short hex', hex(2), 'ff', /match/],
    ['hex and a line end', hex(1), 'ff\n', /characters/],
    ['base64 of more bytes', base64(2), 'AAEC', /at most 2 bytes/],
    ['base64 with other last bits', base64(3), 'AAF=', /canonical/],
    ['a list too long', list(flag, 1), [true, true], /at most 1/],
    ['a bad item', list(flag, 3), [true, 1], /^\[1\]: true or false/],
    ['a word that nobody knows', wordOr(['any'], list(flag, 1)), 'all', /a list wanted/],
    ['another word', oneOf(['a', 'b']), 'c', /one of a, b/],
    ['text too long', text('', 2), 'abc', /at most 2/],
    ['nothing for text', text('', 2), undefined, /at most 2/],
    ['a time past 32 bits', unixTime, 2 ** 32, /an integer/]
  ]
  it.each(bad)('refuses %s', (_, shape, value, message) => {
    expect(() => shape.read(value, '')).toThrow(ShapeError)
    expect(() => shape.read(value, '')).toThrow(message)
  })

  it('reads any JSON to a value or a ShapeError, and to a value only what it writes back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        for (const shape of [nested, either] as readonly Shape<unknown>[]) {
          try {
            expect(shape.write(shape.read(json as JsonValue, ''))).toEqual(json)
          } catch (error) {
            expect(error).toBeInstanceOf(ShapeError)
          }
        }
      })
    )
  })
})
