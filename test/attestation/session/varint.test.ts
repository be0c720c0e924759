import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../../attestation/byte-reader.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { encodeVarint, readVarint, varintSize } from '../../../attestation/session/varint.ts'
import { refusalOf } from './alteration.ts'

describe('variable-length integers', () => {
  it('have the examples of RFC 9000 §A.1', () => {
    expect([37, 15_293, 494_878_333].map((value) => encodeHex(encodeVarint(value)))).toEqual(['25', '7bbd', '9d7f3e7d'])
    const long = Uint8Array.of(0x40, 0x25)
    expect(readVarint(new ByteReader(long, 'BHTTP_MALFORMED'), 'x')).toBe(37)
  })

  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = encodeVarint(value)
        expect(bytes).toHaveLength(varintSize(value))
        expect(readVarint(new ByteReader(bytes, 'BHTTP_MALFORMED'), 'x')).toBe(value)
      })
    )
  })

  it('over 2^53 are refused', async () => {
    const example = Uint8Array.of(0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c)
    expect(await refusalOf(() => readVarint(new ByteReader(example, 'BHTTP_MALFORMED'), 'x'))).toBe('BHTTP_MALFORMED')
  })
})
