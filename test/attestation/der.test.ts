import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DER_TAG, DerReader } from '../../attestation/der.ts'
import { derInteger, derOctetString, derOid, derSequence } from '../../attestation/der-writer.ts'
import { decodeHex, encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'

const reader = (hex: string) => new DerReader(decodeHex(hex.replaceAll(' ', '')))
const malformed = expect.objectContaining({ code: 'DER_MALFORMED' })

describe('reads', () => {
  test('a long form length', () => {
    const octets = new Uint8Array(300).fill(7)
    expect(new DerReader(derOctetString(octets)).octetString('octets')).toEqual(octets)
  })

  test.each([
    ['06 0a 2a 86 48 86 f8 4d 01 0d 01 02', '1.2.840.113741.1.13.1.2'],
    ['06 03 55 1d 13', '2.5.29.19'],
    ['06 01 28', '1.0'],
    ['06 02 88 37', '2.999']
  ])('the object identifier %s', (hex, oid) => {
    expect(reader(hex).oid('oid')).toBe(oid)
  })

  test.each([
    ['17 0d 32 35 30 36 31 39 31 30 30 30 33 35 5a', '2025-06-19T10:00:35.000Z'],
    ['17 0d 39 39 31 32 33 31 32 33 35 39 35 39 5a', '1999-12-31T23:59:59.000Z'],
    ['18 0f 32 30 35 30 30 31 30 31 30 30 30 30 30 30 5a', '2050-01-01T00:00:00.000Z']
  ])('the time %s', (hex, iso) => {
    expect(reader(hex).time('time').toISOString()).toBe(iso)
  })

  test('an element that may be absent', () => {
    const sequence = reader('30 03 02 01 05').sequence('sequence')
    expect(sequence.optional(DER_TAG.boolean, 'boolean')).toBeUndefined()
    expect(sequence.smallInteger(5, 'integer')).toBe(5)
    expect(sequence.done).toBe(true)
  })
})

describe('refuses', () => {
  test.each<[string, string, (reader: DerReader) => unknown]>([
    ['nothing', '', (der) => der.any('element')],
    ['a tag of several octets', '1f 81 01 00', (der) => der.any('element')],
    ['an indefinite length', '30 80 00 00', (der) => der.any('element')],
    ['a length over its end', '04 05 01 02', (der) => der.any('element')],
    ['a length of four octets', '04 84 00 00 00 01 00', (der) => der.any('element')],
    ['a long form for a short length', '04 81 01 00', (der) => der.any('element')],
    ['a padded length', '04 82 00 80', (der) => der.any('element')],
    ['another tag than is wanted', '04 01 00', (der) => der.sequence('sequence')],
    ['an empty INTEGER', '02 00', (der) => der.integer('integer')],
    ['a padded positive INTEGER', '02 02 00 7f', (der) => der.integer('integer')],
    ['a padded negative INTEGER', '02 02 ff 80', (der) => der.integer('integer')],
    ['a negative small INTEGER', '02 01 80', (der) => der.smallInteger(255, 'integer')],
    ['an INTEGER over its limit', '02 02 01 00', (der) => der.smallInteger(255, 'integer')],
    ['an INTEGER of five octets', '02 05 01 00 00 00 00', (der) => der.smallInteger(255, 'integer')],
    ['a BOOLEAN of two octets', '01 02 00 00', (der) => der.boolean('boolean')],
    ['a BOOLEAN that is neither', '01 01 01', (der) => der.boolean('boolean')],
    ['a BIT STRING with unused bits', '03 02 01 02', (der) => der.bitString('bits')],
    ['an empty BIT STRING', '03 00', (der) => der.bitString('bits')],
    ['an empty object identifier', '06 00', (der) => der.oid('oid')],
    ['an object identifier that ends in an arc', '06 02 2a 86', (der) => der.oid('oid')],
    ['an object identifier with a padded arc', '06 03 2a 80 01', (der) => der.oid('oid')],
    ['an arc of more than 32 bits', '06 07 2a ff ff ff ff ff 7f', (der) => der.oid('oid')],
    ['a time without seconds', '17 0b 32 35 30 36 31 39 31 30 30 30 5a', (der) => der.time('time')],
    ['a time in another zone', '17 11 32 35 30 36 31 39 31 30 30 30 33 35 2b 30 31 30 30', (der) => der.time('time')],
    ['the 31st of June', '17 0d 32 35 30 36 33 31 31 30 30 30 33 35 5a', (der) => der.time('time')],
    ['text where a time is wanted', '0c 01 41', (der) => der.time('time')],
    ['what is left', '05 00', (der) => der.end('nothing')]
  ])('%s', (_, hex, read) => {
    expect(() => read(reader(hex))).toThrow(malformed)
  })
})

describe('whatever the bytes', () => {
  /** Enters every constructed element, as a caller would that knows none of them. */
  function walk(bytes: Uint8Array, depth: number): number {
    const der = new DerReader(bytes)
    let count = 0
    while (!der.done) {
      const element = der.any('element')
      count += 1
      if ((element.tag & 0x20) !== 0 && depth < 8) count += walk(element.content, depth + 1)
    }
    return count
  }

  function outcome(bytes: Uint8Array): 'read' | 'refused' {
    try {
      walk(bytes, 0)
      return 'read'
    } catch (error) {
      if (error instanceof AttestationError && error.code === 'DER_MALFORMED') return 'refused'
      throw error
    }
  }

  test('it is read or refused, never worse', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => ['read', 'refused'].includes(outcome(bytes))))
  })

  test('what was written is read back, and not with a byte less', () => {
    const written = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 0xffff }).map(derInteger),
        fc.uint8Array({ maxLength: 300 }).map(derOctetString),
        fc.constantFrom('1.2.840.113741.1.13.1', '2.5.29.19', '2.5.4.3').map(derOid)
      ),
      { minLength: 1, maxLength: 20 }
    )
    fc.assert(
      fc.property(written, (members) => {
        const der = derSequence(...members)
        const sequence = new DerReader(der).sequence('sequence')
        for (const member of members) expect(encodeHex(sequence.any('member').raw)).toBe(encodeHex(member))
        sequence.end('member')
        expect(outcome(der.subarray(0, -1))).toBe('refused')
      })
    )
  })
})
