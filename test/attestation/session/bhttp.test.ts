import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import {
  BhttpResponseEncoder,
  type BhttpResponsePart,
  BhttpResponseReader,
  encodeBhttpRequest,
  encodeBhttpResponse,
  type HttpField,
  parseBhttpRequest
} from '../../../attestation/session/bhttp.ts'
import { refusalOf } from './alteration.ts'

const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
const values = fc.stringMatching(/^[!-~]([ -~é]{0,40}[!-~])?$/)
const fields = fc.array(fc.tuple(names, values) as fc.Arbitrary<HttpField>, { maxLength: 8 })
const content = fc.uint8Array({ maxLength: 70_000 })

describe('a request', () => {
  const good = {
    method: 'POST',
    path: '/v1/embeddings?a=b',
    headers: [['a', 'b c']],
    content: encodeUtf8('{}')
  } as const
  const bytes = encodeBhttpRequest(good)

  it('is read as it was written, padded or not', () => {
    fc.assert(
      fc.property(fields, content, fc.nat(2000), (headers, content, padding) => {
        const request = { method: 'POST', path: '/v1/responses', headers, content }
        expect(parseBhttpRequest(concatBytes(encodeBhttpRequest(request), new Uint8Array(padding)))).toEqual(request)
      }),
      { numRuns: 50 }
    )
  })

  it('may leave out empty sections at its end (RFC 9292 §3.8)', () => {
    const bare = encodeBhttpRequest({ method: 'GET', path: '/v1/models', headers: [], content: new Uint8Array(0) })
    for (const left of [1, 2, 3]) {
      expect(parseBhttpRequest(bare.subarray(0, -left))).toEqual(parseBhttpRequest(bare))
    }
  })

  it.each([
    ['a response’s framing', replaced(0, [1])],
    ['a framing of indeterminate length', replaced(0, [2])],
    ['something after the message', concatBytes(bytes, Uint8Array.of(0, 1))],
    ['a section longer than the message', bytes.subarray(0, -2)],
    ['another scheme', encode(['POST', 'http', '', '/'])],
    ['an authority', encode(['POST', 'https', 'example.com', '/'])],
    ['a path that is none', encode(['POST', 'https', '', 'v1/models'])],
    ['a path with a space', encode(['POST', 'https', '', '/v1 /models'])],
    ['a method that is no token', encode(['PO ST', 'https', '', '/'])],
    ['a line feed in a value', encode(['POST', 'https', '', '/'], ['a', 'b\nc'])],
    ['a nul in a value', encode(['POST', 'https', '', '/'], ['a', 'b\0'])],
    ['space around a value', encode(['POST', 'https', '', '/'], ['a', ' b'])],
    ['an upper-case name', encode(['POST', 'https', '', '/'], ['A', 'b'])],
    ['a pseudo-field', encode(['POST', 'https', '', '/'], [':path', '/'])],
    ['a name without letters', encode(['POST', 'https', '', '/'], ['', 'b'])],
    ['trailers', concatBytes(encode(['POST', 'https', '', '/']), Uint8Array.of(0, 4, 1, 0x61, 1, 0x62))],
    ['text that is not UTF-8', concatBytes(Uint8Array.of(0, 1, 0xff), bytes.subarray(6))],
    ['nothing', new Uint8Array(0)]
  ])('is refused with %s', async (_, malformed) => {
    expect(await refusalOf(() => parseBhttpRequest(malformed))).toBe('BHTTP_MALFORMED')
  })

  it('ends in a refusal or a request, whatever the bytes', () => {
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (tail) => {
        const malformed = concatBytes(bytes.subarray(0, 12), tail)
        expect(await refusalOf(() => parseBhttpRequest(malformed))).toMatch(/^(accepted|BHTTP_MALFORMED)$/)
      })
    )
  })

  it('is not written with what could not be read', () => {
    expect(() => encodeBhttpRequest({ ...good, path: 'x' })).toThrow(TypeError)
    expect(() => encodeBhttpRequest({ ...good, headers: [['A', 'b']] })).toThrow(TypeError)
    expect(() => encodeBhttpRequest({ ...good, headers: [['a', 'b\r\nc: d']] })).toThrow(TypeError)
  })

  function replaced(at: number, by: readonly number[]): Uint8Array {
    const copy = bytes.slice()
    copy.set(by, at)
    return copy
  }
})

describe('a response', () => {
  it('is read as it was written, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fields,
        content,
        fields,
        fc.array(fc.nat(80_000), { maxLength: 12 }),
        (headers, body, trailers, at) => {
          const message = encodeBhttpResponse({ status: 200, headers }, body, trailers)
          const parts = readIn(message, at)
          expect(parts.find(({ kind }) => kind === 'head')).toEqual({ kind: 'head', status: 200, headers })
          expect(encodeHex(contentOf(parts))).toBe(encodeHex(body))
          expect(parts.at(-1)).toEqual({ kind: 'trailers', fields: trailers })
        }
      ),
      { numRuns: 50 }
    )
  })

  it('is read byte by byte', () => {
    const message = encodeBhttpResponse({ status: 404, headers: [['a', 'b']] }, encodeUtf8('no'), [['c', 'd']])
    const parts = readIn(message, [...message.keys()])
    expect(decodeUtf8(contentOf(parts))).toBe('no')
  })

  it('has ended only when its trailer section has', async () => {
    const encoder = new BhttpResponseEncoder()
    const message = concatBytes(
      encoder.head({ status: 200, headers: [] }),
      encoder.content(encodeUtf8('x')),
      encoder.trailers([['a', 'b']])
    )
    for (let length = 0; length < message.byteLength; length++) {
      const reader = new BhttpResponseReader()
      reader.push(message.subarray(0, length))
      expect(await refusalOf(() => reader.end())).toBe('TRUNCATED')
    }
  })

  it.each([
    ['a request’s framing', '00'],
    ['a framing of known length', '01'],
    ['a status below 100', '0340630000'],
    ['a status above 599', '03425800'],
    ['something other than zeros after it', '0340c800000001'],
    ['an upper-case name', '0340c8014101620000']
  ])('is refused with %s', async (_, bytes) => {
    expect(await refusalOf(() => new BhttpResponseReader().push(decodeHex(bytes)))).toBe('BHTTP_MALFORMED')
  })

  it('is refused when its head does not end', async () => {
    const reader = new BhttpResponseReader()
    const endless = concatBytes(
      decodeHex('0340c8'),
      ...Array.from({ length: 9000 }, () => decodeHex('0161066162636465'))
    )
    expect(await refusalOf(() => reader.push(endless))).toBe('BHTTP_MALFORMED')
  })

  it('is not written with a status that is none', () => {
    expect(() => new BhttpResponseEncoder().head({ status: 100, headers: [] })).toThrow(TypeError)
  })
})

function readIn(message: Uint8Array, cuts: readonly number[]): readonly BhttpResponsePart[] {
  const reader = new BhttpResponseReader()
  const at = [0, ...cuts.filter((cut) => cut < message.byteLength), message.byteLength].sort((a, b) => a - b)
  const parts = at.slice(1).flatMap((end, i) => reader.push(message.slice(at[i], end)))
  reader.end()
  return parts
}

function contentOf(parts: readonly BhttpResponsePart[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : [])))
}

/** Control data and one field, whatever they are, with lengths below 64. */
function encode(control: readonly string[], field?: readonly [string, string]): Uint8Array {
  const block = (text: string) => concatBytes(Uint8Array.of(encodeUtf8(text).byteLength), encodeUtf8(text))
  const line = field ? concatBytes(...field.map(block)) : new Uint8Array(0)
  return concatBytes(Uint8Array.of(0), ...control.map(block), Uint8Array.of(line.byteLength), line)
}
