import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeUtf8, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { type BhttpResponsePart, BhttpResponseReader } from '../../../attestation/session/bhttp.ts'
import { SseSealer } from '../../../attestation/session/sse-seal.ts'

const HEAD = { status: 200, headers: [['content-type', 'text/event-stream']] } as const
const TRAILERS = [['bombyx-receipt', 'x'.repeat(1700)]] as const
const CHUNK = 32_768

/** Pieces as an engine sends them: events, some cut within a line. */
const piece = fc.oneof(fc.string({ maxLength: 300 }).map(noComment), fc.constantFrom('\n', 'data; {}\n\n', 'data; '))
const pieces = fc.array(piece, { maxLength: 20 })

describe('an SSE answer', () => {
  it('loses and adds nothing but comment lines, and each seal is a multiple of 256 that ends a line', () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.boolean(), { maxLength: 20 }), (texts, ticks) => {
        const { sealed, hash } = seal(texts, ticks)
        for (const plaintext of sealed) {
          expect(plaintext.byteLength % 256).toBe(0)
          expect(plaintext.byteLength).toBeLessThanOrEqual(CHUNK)
        }
        const parts = read(sealed)
        const perSeal = parts.map((part) => decodeUtf8(contentOf(part)))
        for (const content of perSeal.slice(0, -1)) expect(content.endsWith('\n')).toBe(true)
        expect(perSeal.map(withoutComment).join('')).toBe(texts.join(''))
        expect(encodeHex(hash)).toBe(encodeHex(sha256(encodeUtf8(perSeal.join('')))))
      })
    )
  })

  it('fills every gap with the shortest comment', () => {
    for (let length = 1; length < 700; length++) {
      const sealer = new SseSealer(HEAD)
      sealer.tick()
      sealer.push(encodeUtf8(`${'x'.repeat(length - 1)}\n`))
      const [plaintext] = sealer.take()
      const bare = length + (length < 64 ? 1 : 2)
      const gap = (256 - (bare % 256)) % 256
      // One byte cannot be filled, and neither can two where the comment makes the length one byte longer.
      const grown = bare % 256 !== 0 && (gap === 1 || (length < 64 && gap === 2)) ? 256 : 0
      expect(plaintext).toHaveLength(bare + gap + grown)
    }
  })

  it('adds no comment to what is a multiple already', () => {
    const sealer = new SseSealer(HEAD)
    sealer.tick()
    sealer.push(encodeUtf8(`${'x'.repeat(253)}\n`))
    const [plaintext] = sealer.take()
    expect(plaintext).toHaveLength(256)
    expect(decodeUtf8(plaintext!.subarray(2))).not.toContain(':')
  })

  it('ticks with padding alone, and sends its head with the first', () => {
    const sealer = new SseSealer(HEAD)
    const [first, second] = [...sealer.tick(), ...sealer.tick()]
    expect([first, second].map((plaintext) => plaintext!.byteLength)).toEqual([256, 256])
    const parts = new BhttpResponseReader().push(first!)
    expect(parts[0]).toEqual({ kind: 'head', ...HEAD })
    expect(decodeUtf8(second!.subarray(2))).toBe(`:${' '.repeat(252)}\n`)
  })

  it('keeps the rest of a line for the next seal', () => {
    const sealer = new SseSealer(HEAD)
    sealer.push(encodeUtf8('data: a'))
    expect(sealer.take()).toEqual([])
    sealer.push(encodeUtf8('b\n\ndata: '))
    const [plaintext] = sealer.take()
    expect(withoutComment(decodeUtf8(contentOf(new BhttpResponseReader().push(plaintext!))))).toBe('data: ab\n\n')
  })

  it.each([40_000, 100_000])('carries a line of %i bytes in chunks that are full', (length) => {
    const line = `data: ${'x'.repeat(length)}\n`
    const { sealed } = seal(['data: before\n\n', line, '\ndata: after\n\n'], [])
    expect(sealed.some((plaintext) => plaintext.byteLength === CHUNK)).toBe(true)
    for (const plaintext of sealed) expect(plaintext.byteLength % 256).toBe(0)
    const content = sealedContent(sealed)
    expect(content).toContain(line)
  })

  it.each([
    ['lines', 'data: {}\n\n'.repeat(4000)],
    ['a line that never ends', 'x'.repeat(70_000)],
    ['lines and the rest of one', `${'data: {}\n\n'.repeat(2000)}${'x'.repeat(30_000)}`]
  ])('ends with %s that fit no chunk', (_, text) => {
    const { sealed } = seal([text], [], 'together')
    for (const plaintext of sealed) {
      expect(plaintext.byteLength % 256).toBe(0)
      expect(plaintext.byteLength).toBeLessThanOrEqual(CHUNK)
    }
    expect(sealedContent(sealed).replace(/^: *\n/gm, '')).toBe(text)
  })
})

function seal(texts: readonly string[], ticks: readonly boolean[], how: 'by turns' | 'together' = 'by turns') {
  const sealer = new SseSealer(HEAD)
  const sealed: Uint8Array[] = []
  texts.forEach((text, turn) => {
    sealer.push(encodeUtf8(text))
    if (how === 'by turns') sealed.push(...(ticks[turn] ? sealer.tick() : sealer.take()))
  })
  let hash = new Uint8Array(0)
  sealed.push(
    ...sealer.finish((contentHash) => {
      hash = new Uint8Array(contentHash)
      return TRAILERS
    })
  )
  return { sealed, hash }
}

function read(sealed: readonly Uint8Array[]): readonly (readonly BhttpResponsePart[])[] {
  const reader = new BhttpResponseReader()
  const parts = sealed.map((plaintext) => reader.push(plaintext))
  reader.end()
  expect(parts.at(-1)!.at(-1)).toEqual({ kind: 'trailers', fields: TRAILERS })
  return parts
}

function sealedContent(sealed: readonly Uint8Array[]): string {
  return read(sealed)
    .map((parts) => withoutComment(decodeUtf8(contentOf(parts))))
    .join('')
}

function contentOf(parts: readonly BhttpResponsePart[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : [])))
}

/** The comment that a seal ends with. Engines' own lines here never look like one. */
function withoutComment(content: string): string {
  return content.replace(/(^|\n): *\n$/, '$1')
}

/** An engine’s line that is a comment could not be told from ours. */
function noComment(text: string): string {
  return text.replaceAll(':', ';').toWellFormed()
}
