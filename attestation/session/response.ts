import { AttestationError } from '../errors.ts'
import { ChunkOpener, ChunkSealer, cutChunks, MAX_CHUNK } from './chunk-stream.ts'
import { type ResponseBinding, responseKeys } from './key-schedule.ts'

/** A chunk as DATA (not final) or FINAL carries it. */
export interface SealedChunk {
  readonly sealed: Uint8Array
  readonly final: boolean
}

/** Seals one answer, in order. */
export interface ResponseSealer extends Disposable {
  /** Seals what fits one chunk as one, longer plaintext as several; only the last of the final call is final. */
  seal(plaintext: Uint8Array, final: boolean): readonly SealedChunk[]
}

/** Opens one answer, in order. A stream that ends before `ended` is true is truncated and must be refused. */
export interface ResponseOpener extends Disposable {
  /** The answering leg's keyset digest. */
  readonly digest: Uint8Array
  /** True once the final chunk was opened. */
  readonly ended: boolean
  /** Refuses with UNSEAL_FAILED, TOO_LARGE, or ANSWER_REFUSED when another leg has begun to answer. */
  open(sealed: Uint8Array, final: boolean): Uint8Array
  /** Call when the stream ends, however it ends. Refuses with TRUNCATED unless the final chunk was opened. */
  end(): void
}

/** Made by `RequestOpener.sealResponse`. */
export class AnswerSealer implements ResponseSealer {
  readonly #chunks: ChunkSealer

  constructor(reply: Uint8Array, binding: ResponseBinding) {
    this.#chunks = new ChunkSealer(responseKeys(reply, binding))
  }

  seal(plaintext: Uint8Array, final: boolean): readonly SealedChunk[] {
    if (plaintext.byteLength <= MAX_CHUNK) return [{ sealed: this.#chunks.seal(plaintext, final), final }]
    const pieces = [...cutChunks(plaintext)]
    return pieces.map((piece, at) => {
      const last = final && at === pieces.length - 1
      return { sealed: this.#chunks.seal(piece, last), final: last }
    })
  }

  [Symbol.dispose](): void {
    this.#chunks[Symbol.dispose]()
  }
}

/** Made by `SealedRequest.openResponse`. */
export class AnswerOpener implements ResponseOpener {
  readonly digest: Uint8Array
  readonly #chunks: ChunkOpener
  readonly #begin: () => void
  #begun = false

  /** `begin` is called when the first chunk has opened, and throws when another answer has begun. */
  constructor(reply: Uint8Array, binding: ResponseBinding, begin: () => void) {
    this.digest = binding.digest
    this.#chunks = new ChunkOpener(responseKeys(reply, binding))
    this.#begin = begin
  }

  get ended(): boolean {
    return this.#chunks.ended
  }

  open(sealed: Uint8Array, final: boolean): Uint8Array {
    const plaintext = this.#chunks.open(sealed, final)
    if (!this.#begun) {
      this.#begin()
      this.#begun = true
    }
    return plaintext
  }

  end(): void {
    if (this.ended) return
    this[Symbol.dispose]()
    throw new AttestationError('TRUNCATED', 'the answer ended without its final chunk')
  }

  [Symbol.dispose](): void {
    this.#chunks[Symbol.dispose]()
  }
}
