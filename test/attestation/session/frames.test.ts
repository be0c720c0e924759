import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeHex } from '../../../attestation/encoding.ts'
import { encodeFrame, type Frame, parseFrames } from '../../../attestation/session/frames.ts'
import {
  encodeClientLinkHello,
  parseClientLinkHello,
  parseHostLinkHello,
  parseRelayLinkHello
} from '../../../attestation/session/link-hello.ts'
import { refusalOf } from './alteration.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const stream = fc.integer({ min: 1, max: 2 ** 32 - 1 })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const u16 = fc.integer({ min: 0, max: 65_535 })
const seq = fc.maxSafeNat()
const chunk = fc.uint8Array({ maxLength: 400 })
const onLink = fc.constant(0 as const)
const kind = <const K extends string>(name: K) => fc.constant(name)
const candidates = fc.uniqueArray(fc.record({ digest: bytes(32), wrap: bytes(48) }), {
  minLength: 1,
  maxLength: 8,
  selector: ({ digest }) => encodeHex(digest)
})

const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: kind('hello'), stream: onLink, payload: fc.uint8Array({ maxLength: 100 }) }),
  fc.record({ kind: kind('slots'), stream: onLink, free: u32, total: u32 }),
  fc.record({ kind: kind('open'), stream, meta: fc.uint8Array({ maxLength: 300 }), candidates }),
  fc.record({ kind: kind('data'), stream, chunk }),
  fc.record({ kind: kind('final'), stream, chunk }),
  fc.record({ kind: kind('credit'), stream, bytes: u32 }),
  fc.record({ kind: kind('reset'), stream, code: u16 }),
  fc.record({ kind: kind('accept'), stream, digest: bytes(32), salt: bytes(32) }),
  fc.record({ kind: kind('usage'), stream: onLink, seq, statement: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: kind('ack'), stream: onLink, seq }),
  fc.record({ kind: kind('ping'), stream: onLink, payload: bytes(8) }),
  fc.record({ kind: kind('pong'), stream: onLink, payload: bytes(8) }),
  fc.record({ kind: kind('goaway'), stream: onLink, code: u16 })
)

describe('frames', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(frames, { minLength: 1, maxLength: 10 }), (sent) => {
        expect(parseFrames(concatBytes(...sent.map(encodeFrame)))).toEqual(sent)
      })
    )
  })

  it('have one form: what is read is written the same, and the rest is refused', () => {
    const headers = fc.record({ type: fc.nat(15), stream: fc.nat(3), payload: fc.uint8Array({ maxLength: 120 }) })
    fc.assert(
      fc.asyncProperty(headers, async ({ type, stream, payload }) => {
        const batch = concatBytes(Uint8Array.of(type, 0, 0, 0, stream, 0, 0, payload.byteLength), payload)
        const outcome = await refusalOf(() => {
          expect(encodeHex(concatBytes(...parseFrames(batch).map(encodeFrame)))).toBe(encodeHex(batch))
        })
        expect(outcome).toMatch(/^(accepted|FRAME_MALFORMED)$/)
      }),
      { numRuns: 1000 }
    )
  })

  it('do not carry more than a batch holds', () => {
    const statement = new Uint8Array(65_536)
    expect(() => encodeFrame({ kind: 'usage', stream: 0, seq: 1, statement })).toThrow(TypeError)
  })
})

describe('a HELLO', () => {
  it.each([
    ['of a relay that is cut', () => parseRelayLinkHello(new Uint8Array(40).fill(1))],
    ['of a relay that takes larger batches', () => parseRelayLinkHello(concatBytes(Uint8Array.of(1), large()))],
    ['of a host that is cut', () => parseHostLinkHello(new Uint8Array(96).fill(1))],
    ['of a host that goes on', () => parseHostLinkHello(new Uint8Array(98).fill(1))],
    ['of another version', () => parseHostLinkHello(new Uint8Array(97).fill(2))],
    ['of a client that goes on', () => parseClientLinkHello(Uint8Array.of(1, 0, 0, 0, 1, 7, 8))]
  ])('%s is refused', async (_, read) => {
    expect(await refusalOf(read)).toBe('FRAME_MALFORMED')
  })

  it('of a client may carry no credential', () => {
    expect(parseClientLinkHello(encodeClientLinkHello(new Uint8Array(0)))).toHaveLength(0)
  })
})

function large(): Uint8Array {
  return concatBytes(new Uint8Array(36), Uint8Array.of(0, 1, 0, 1))
}
