import type { ClientLeg } from './handshake.ts'
import type { HostLeg } from './leg.ts'
import type { Meta } from './meta.ts'
import type { ResponseOpener, ResponseSealer, SealedChunk } from './response.ts'

export { encodeMeta, MAX_INPUT, type Meta, parseMeta } from './meta.ts'

/** What a caller decides of a request's meta; session, n and size come from the session and the plaintext. */
export type RequestWish = Omit<Meta, 'sessionId' | 'inputSize'>

export interface Wrap {
  /** The leg's keyset digest. */
  readonly digest: Uint8Array
  /** 48 bytes. */
  readonly wrap: Uint8Array
}

/** A request sealed once for all its legs; sending it again means these same bytes. */
export interface SealedRequest {
  readonly meta: Meta
  readonly metaBytes: Uint8Array
  readonly wraps: readonly Wrap[]
  readonly chunks: readonly SealedChunk[]
  /**
   * The reader of the answer that ACCEPT announced. Refuses (ANSWER_REFUSED) a digest without a wrap here, a second
   * ACCEPT by the same leg, and any once a chunk of an answer has been opened.
   */
  openResponse(digest: Uint8Array, salt: Uint8Array): ResponseOpener
  /** Erases the request's keys; openers given out stay open. */
  [Symbol.dispose](): void
}

/** A host's reader of one request. */
export interface RequestOpener {
  readonly meta: Meta
  /** Opens the next chunk. Refuses with UNSEAL_FAILED, TOO_LARGE or REQUEST_MALFORMED. */
  open(sealed: Uint8Array, final: boolean): Uint8Array
  /** After the final chunk; `salt` is the one that went out with ACCEPT. */
  sealResponse(salt: Uint8Array): ResponseSealer
  [Symbol.dispose](): void
}

/**
 * Pads one encoded Binary HTTP request and seals it for every leg that stands at `now`. Refuses with SESSION_EXPIRED
 * when none is left, TOO_LARGE over 64 MiB.
 */
export function sealRequest(
  legs: readonly ClientLeg[],
  wish: RequestWish,
  bhttp: Uint8Array,
  now: number
): SealedRequest {
  throw new TypeError(`not yet ${legs.length} ${wish.n} ${bhttp.length} ${now}`)
}

/**
 * Opens the request's key for this leg, in the protocol's order: session, wrap opens, n unused, deadline. It does not
 * spend n: whoever writes ACCEPT does, in that turn. Refuses with REQUEST_MALFORMED, TOO_LARGE, SESSION_UNKNOWN,
 * SESSION_EXPIRED, UNSEAL_FAILED, REPLAYED or DEADLINE_PASSED.
 */
export function openRequest(leg: HostLeg, metaBytes: Uint8Array, wrap: Uint8Array, now: number): RequestOpener {
  throw new TypeError(`not yet ${leg.model} ${metaBytes.length} ${wrap.length} ${now}`)
}
