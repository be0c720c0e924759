/** A chunk as DATA (not final) or FINAL carries it. */
export interface SealedChunk {
  readonly sealed: Uint8Array
  readonly final: boolean
}

/** Seals one answer, in order. */
export interface ResponseSealer {
  /** Seals what fits one chunk as one, longer plaintext as several; only the last of the final call is final. */
  seal(plaintext: Uint8Array, final: boolean): readonly SealedChunk[]
  [Symbol.dispose](): void
}

/** Opens one answer, in order. A stream that ends before `ended` is true is truncated and must be refused. */
export interface ResponseOpener {
  readonly digest: Uint8Array
  readonly ended: boolean
  /** Refuses with UNSEAL_FAILED. */
  open(sealed: Uint8Array, final: boolean): Uint8Array
  /** Call when the stream ends, however it ends. Refuses with TRUNCATED unless the final chunk was opened. */
  end(): void
  [Symbol.dispose](): void
}
