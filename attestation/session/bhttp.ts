/** A header or trailer field; names are lower case. */
export type HttpField = readonly [name: string, value: string]

export interface BhttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly HttpField[]
  readonly content: Uint8Array
}

export interface BhttpResponseHead {
  readonly status: number
  readonly headers: readonly HttpField[]
}

/** What a response's reader has come upon; content is a view of the bytes pushed. */
export type BhttpResponsePart =
  | ({ readonly kind: 'head' } & BhttpResponseHead)
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'trailers'; readonly fields: readonly HttpField[] }

/** A known-length request, scheme https, empty authority (RFC 9292 §3.1), not padded. */
export function encodeBhttpRequest(request: BhttpRequest): Uint8Array {
  throw new TypeError(`not yet ${request.path}`)
}

/** Reads one padded known-length request. Refuses with BHTTP_MALFORMED. */
export function parseBhttpRequest(bytes: Uint8Array): BhttpRequest {
  throw new TypeError(`not yet ${bytes}`)
}

/** Pieces of a response of indeterminate length (RFC 9292 §3.2), to be joined: head, any content, trailers. */
export class BhttpResponseEncoder {
  head(head: BhttpResponseHead): Uint8Array {
    throw new TypeError(`not yet ${head.status}`)
  }

  /** One content chunk; empty content has none. */
  content(bytes: Uint8Array): Uint8Array {
    throw new TypeError(`not yet ${bytes}`)
  }

  /** Ends the content and writes the trailer section. */
  trailers(fields: readonly HttpField[]): Uint8Array {
    throw new TypeError(`not yet ${fields.length}`)
  }
}

/** Reads a response of indeterminate length as it comes, whatever the chunk borders. Refuses with BHTTP_MALFORMED. */
export class BhttpResponseReader {
  push(plaintext: Uint8Array): readonly BhttpResponsePart[] {
    throw new TypeError(`not yet ${plaintext}`)
  }

  /** Refuses with TRUNCATED when the trailer section has not ended. */
  end(): void {}
}

/** A whole answer that is not SSE: head, content and trailers, zero-padded as one. */
export function encodeBhttpResponse(
  head: BhttpResponseHead,
  content: Uint8Array,
  trailers: readonly HttpField[]
): Uint8Array {
  throw new TypeError(`not yet ${head.status} ${content} ${trailers.length}`)
}
