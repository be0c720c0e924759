import type { ResponseSealer } from '../../attestation/session/response.ts'
import type { LinkStream } from '../runtime/link/stream.ts'

/** Seals an answer's plaintexts onto a stream, at the pace of its reader. */
export class AnswerWriter implements Disposable {
  readonly #stream: LinkStream
  readonly #sealer: ResponseSealer

  constructor(stream: LinkStream, sealer: ResponseSealer) {
    this.#stream = stream
    this.#sealer = sealer
  }

  /** One seal. False: wait for `ready` before the next. */
  write(plaintext: Uint8Array, final: boolean): boolean {
    let going = true
    for (const chunk of this.#sealer.seal(plaintext, final)) {
      going = chunk.final ? this.#stream.finish(chunk.sealed) : this.#stream.send(chunk.sealed)
    }
    return going
  }

  /** A whole answer, a piece at a time, so that little of it waits sealed for a slow reader. */
  async writeWhole(plaintext: Uint8Array): Promise<void> {
    for (let from = 0; from < plaintext.byteLength && !this.#stream.closed; from += PIECE) {
      const to = Math.min(from + PIECE, plaintext.byteLength)
      if (!this.write(plaintext.subarray(from, to), to === plaintext.byteLength)) await this.ready()
    }
  }

  /** When what was written has found credit, or the stream is over. */
  ready(): Promise<void> {
    return this.#stream.ready()
  }

  [Symbol.dispose](): void {
    this.#sealer[Symbol.dispose]()
  }
}

/** The most plaintext that one seal takes. */
const PIECE = 32 * 1024
