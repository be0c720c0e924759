import { ByteReader } from '../byte-reader.ts'
import { concatBytes } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { checkPadding, type HttpField, MAX_SECTION, malformed, readIndeterminateFields } from './bhttp-fields.ts'
import { readVarint } from './varint.ts'

/** What a response's reader has come upon; content is a view of the bytes pushed. */
export type BhttpResponsePart =
  | { readonly kind: 'informational'; readonly status: number; readonly headers: readonly HttpField[] }
  | { readonly kind: 'head'; readonly status: number; readonly headers: readonly HttpField[] }
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'trailers'; readonly fields: readonly HttpField[] }

const INDETERMINATE_RESPONSE = 3
const NOTHING = new Uint8Array(0)
/** Head and trailers are held until they are whole, so they are bounded. */
const MOST_PENDING = MAX_SECTION + 64

/**
 * Reads a response of indeterminate length (RFC 9292 §3.2) as it comes, whatever the chunk borders, and the zero padding
 * after it. Refuses with BHTTP_MALFORMED.
 */
export class BhttpResponseReader {
  #pending: Uint8Array = NOTHING
  #state: 'framing' | 'head' | 'chunk' | 'content' | 'trailers' | 'padding' = 'framing'
  #contentLeft = 0

  push(plaintext: Uint8Array): readonly BhttpResponsePart[] {
    let bytes = this.#pending.byteLength === 0 ? plaintext : concatBytes(this.#pending, plaintext)
    const parts: BhttpResponsePart[] = []
    while (bytes.byteLength > 0) {
      const used = this.#step(bytes, parts)
      if (used === 0) break
      bytes = bytes.subarray(used)
    }
    if (bytes.byteLength > MOST_PENDING) throw malformed('a field section over 64 KiB')
    this.#pending = bytes.byteLength === 0 ? NOTHING : bytes.slice()
    return parts
  }

  /** Refuses with TRUNCATED when the trailer section has not ended. */
  end(): void {
    if (this.#state !== 'padding') throw new AttestationError('TRUNCATED', 'the answer has no end')
  }

  /** Reads one thing and says how many bytes it took; 0 when more are needed. */
  #step(bytes: Uint8Array, parts: BhttpResponsePart[]): number {
    switch (this.#state) {
      case 'content':
        return this.#readContent(bytes, parts)
      case 'padding':
        checkPadding(bytes)
        return bytes.byteLength
      default:
        return this.#readWhole(bytes, parts)
    }
  }

  #readContent(bytes: Uint8Array, parts: BhttpResponsePart[]): number {
    const piece = bytes.subarray(0, this.#contentLeft)
    parts.push({ kind: 'content', bytes: piece })
    this.#contentLeft -= piece.byteLength
    if (this.#contentLeft === 0) this.#state = 'chunk'
    return piece.byteLength
  }

  /** Tries to read what must be whole. TRUNCATED from the reader says that it is not yet. */
  #readWhole(bytes: Uint8Array, parts: BhttpResponsePart[]): number {
    const reader = new ByteReader(bytes, 'TRUNCATED')
    try {
      this.#read(reader, parts)
      return reader.offset
    } catch (cause) {
      if (cause instanceof AttestationError && cause.code === 'TRUNCATED') return 0
      throw cause
    }
  }

  #read(reader: ByteReader, parts: BhttpResponsePart[]): void {
    if (this.#state === 'framing') {
      if (readVarint(reader, 'framing') !== INDETERMINATE_RESPONSE)
        throw malformed('not a response of indeterminate length')
      this.#state = 'head'
    } else if (this.#state === 'head') {
      this.#readHead(reader, parts)
    } else if (this.#state === 'chunk') {
      this.#contentLeft = readVarint(reader, 'content length')
      this.#state = this.#contentLeft === 0 ? 'trailers' : 'content'
    } else {
      parts.push({ kind: 'trailers', fields: readIndeterminateFields(reader) })
      this.#state = 'padding'
    }
  }

  #readHead(reader: ByteReader, parts: BhttpResponsePart[]): void {
    const status = readVarint(reader, 'status')
    if (status < 100 || status > 599) throw malformed(`status ${status}`)
    const headers = readIndeterminateFields(reader)
    if (status < 200) {
      parts.push({ kind: 'informational', status, headers })
      return
    }
    parts.push({ kind: 'head', status, headers })
    this.#state = 'chunk'
  }
}
