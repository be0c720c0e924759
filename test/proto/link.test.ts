import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientLink, decodeBatch, encodeBatch, hostLink } from '../../proto/link.ts'
import { bombyxV1 } from '../../proto/load.ts'

const described = bombyxV1.HostLink.service.Open

describe('a batch', () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 65_535, 65_536])('of %i bytes is what protobuf writes', (length) => {
    const frames = new Uint8Array(length).fill(7)
    const expected = described.requestSerialize({ frames: Buffer.from(frames) })
    if (length > 0) expect(encodeBatch(frames)).toEqual(expected)
    expect(Buffer.from(decodeBatch(expected))).toEqual(Buffer.from(frames))
  })

  it('is read back whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (frames) => {
        fc.pre(frames.byteLength <= 65_536)
        expect(Buffer.from(decodeBatch(encodeBatch(frames)))).toEqual(Buffer.from(frames))
      }),
      { numRuns: 50 }
    )
  })

  it.each([
    ['another field', '1200'],
    ['bytes after the end', '0a010000'],
    ['fewer bytes than it says', '0a05ffff'],
    ['a length that does not end', '0affffffff'],
    ['a length over 64 KiB', '0a818004'],
    ['no length', '0a']
  ])('with %s is refused', (_, hex) => {
    expect(() => decodeBatch(Buffer.from(hex, 'hex'))).toThrow(RangeError)
  })

  it('is refused or read, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeBatch(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      })
    )
  })
})

it('travels under the names that the .proto files give', () => {
  expect(hostLink.Open.path).toBe(bombyxV1.HostLink.service.Open.path)
  expect(clientLink.Open.path).toBe(bombyxV1.ClientLink.service.Open.path)
})
