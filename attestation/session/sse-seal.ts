import type { BhttpResponseHead, HttpField } from './bhttp.ts'

/**
 * Turns the bytes of an SSE answer into the plaintexts of seals: each ends after a line feed and is a multiple of 256
 * long, filled by one comment line. Seal each plaintext as one non-final chunk; `finish` gives the final one last.
 */
export class SseSealer {
  readonly head: BhttpResponseHead

  constructor(head: BhttpResponseHead) {
    this.head = head
  }

  /** Takes bytes as they came from the engine. */
  push(bytes: Uint8Array): void {
    throw new TypeError(`not yet ${bytes}`)
  }

  /** What one turn brought: the plaintexts of the lines complete by now; none when no line is. */
  take(): readonly Uint8Array[] {
    throw new TypeError('not yet')
  }

  /** As `take`, but one plaintext of padding alone when there is nothing: a tick of the cadence, or the head at once. */
  tick(): readonly Uint8Array[] {
    throw new TypeError('not yet')
  }

  /**
   * The plaintexts that end the answer; the last is the final chunk's. `trailers` gets SHA-256 of the whole content,
   * comments included, and gives the trailer fields.
   */
  finish(trailers: (contentHash: Uint8Array) => readonly HttpField[]): readonly Uint8Array[] {
    throw new TypeError(`not yet ${trailers}`)
  }
}
