import { ByteReader } from '../byte-reader.ts'
import { concatBytes, encodeUtf8 } from '../encoding.ts'
import {
  checkPadding,
  encodeBlock,
  encodeFieldLines,
  type HttpField,
  MAX_SECTION,
  malformed,
  readKnownFields,
  readText
} from './bhttp-fields.ts'
import { padZero } from './padding.ts'
import { encodeVarint, readVarint } from './varint.ts'

export type { HttpField } from './bhttp-fields.ts'
export { type BhttpResponsePart, BhttpResponseReader } from './bhttp-response-reader.ts'

/** RFC 9292 §3.3. */
export const FRAMING = { knownRequest: 0, indeterminateResponse: 3 } as const

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const PATH = /^\/[!-~]*$/
const EMPTY = new Uint8Array(0)

export interface BhttpRequest {
  readonly method: string
  /** Begins with `/`; with the query, where there is one. */
  readonly path: string
  readonly headers: readonly HttpField[]
  readonly content: Uint8Array
}

export interface BhttpResponseHead {
  readonly status: number
  readonly headers: readonly HttpField[]
}

/** A known-length request, scheme https, empty authority (RFC 9292 §3.1), not padded. */
export function encodeBhttpRequest(request: BhttpRequest): Uint8Array {
  if (!METHOD.test(request.method) || !PATH.test(request.path)) throw new TypeError('not a request line')
  return concatBytes(
    encodeVarint(FRAMING.knownRequest),
    encodeBlock(encodeUtf8(request.method)),
    encodeBlock(encodeUtf8('https')),
    encodeBlock(EMPTY),
    encodeBlock(encodeUtf8(request.path)),
    encodeBlock(encodeFieldLines(request.headers)),
    // As it is: a block of its own would be a copy of up to 64 MiB.
    encodeVarint(request.content.byteLength),
    request.content,
    encodeBlock(EMPTY)
  )
}

/**
 * Reads one known-length request and its zero padding; content is a view. An absent trailing section is an empty one
 * (RFC 9292 §3.8). Refuses other framings, schemes, an authority and trailers with BHTTP_MALFORMED.
 */
export function parseBhttpRequest(bytes: Uint8Array): BhttpRequest {
  const reader = new ByteReader(bytes, 'BHTTP_MALFORMED')
  if (readVarint(reader, 'framing') !== FRAMING.knownRequest) throw malformed('not a request of known length')
  const method = readText(reader, readVarint(reader, 'method length'), 'method')
  if (!METHOD.test(method)) throw malformed('a method that is not a token')
  if (readText(reader, readVarint(reader, 'scheme length'), 'scheme') !== 'https')
    throw malformed('scheme is not https')
  if (readVarint(reader, 'authority length') !== 0) throw malformed('an authority')
  const path = readText(reader, readVarint(reader, 'path length'), 'path')
  if (!PATH.test(path)) throw malformed('not a path')
  const headers = readKnownFields(new ByteReader(readSection(reader, MAX_SECTION), 'BHTTP_MALFORMED'))
  const content = readSection(reader, bytes.byteLength)
  if (readSection(reader, MAX_SECTION).byteLength > 0) throw malformed('trailers in a request')
  checkPadding(reader.rest())
  return { method, path, headers, content }
}

/** Writes the pieces of a response of indeterminate length (RFC 9292 §3.2); joined, they are the message. */
export class BhttpResponseEncoder {
  head(head: BhttpResponseHead): Uint8Array {
    if (!Number.isInteger(head.status) || head.status < 200 || head.status > 599) {
      throw new TypeError(`status ${head.status}`)
    }
    const framing = encodeVarint(FRAMING.indeterminateResponse)
    return concatBytes(framing, encodeVarint(head.status), encodeFieldLines(head.headers), Uint8Array.of(0))
  }

  /** One content chunk; nothing for empty content, because an empty chunk would end it. */
  content(bytes: Uint8Array): Uint8Array {
    return bytes.byteLength === 0 ? bytes : encodeBlock(bytes)
  }

  /** Ends the content and writes the trailer section. */
  trailers(fields: readonly HttpField[]): Uint8Array {
    return concatBytes(Uint8Array.of(0), encodeFieldLines(fields), Uint8Array.of(0))
  }
}

/** A whole answer that is not SSE: head, content and trailers, zero-padded as one. */
export function encodeBhttpResponse(
  head: BhttpResponseHead,
  content: Uint8Array,
  trailers: readonly HttpField[]
): Uint8Array {
  const encoder = new BhttpResponseEncoder()
  return padZero(concatBytes(encoder.head(head), encoder.content(content), encoder.trailers(trailers)))
}

/** A section whose length comes before it; empty when the message ends before it. */
function readSection(reader: ByteReader, most: number): Uint8Array {
  if (reader.remaining === 0) return EMPTY
  const length = readVarint(reader, 'section length')
  if (length > most) throw malformed(`a section of ${length} bytes`)
  return reader.bytes(length, 'section')
}
