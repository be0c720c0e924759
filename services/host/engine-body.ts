/** How the reader of an engine's answer holds its sender. */
export interface EngineFlow {
  pause(): void
  resume(): void
  hangUp(): void
}

/** So many bytes may wait for a reader before the engine has to. */
const MOST_WAITING = 64 * 1024

/** The body of an engine's answer for one reader: each step gives all that has come since. Leaving early hangs up. */
export class EngineBody implements AsyncIterable<Uint8Array> {
  readonly #flow: EngineFlow
  #pieces: Uint8Array[] = []
  #waiting = 0
  #over = false
  #failure: unknown
  #wake: () => void = () => {}

  constructor(flow: EngineFlow) {
    this.#flow = flow
  }

  push(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#waiting += piece.byteLength
    if (this.#waiting > MOST_WAITING) this.#flow.pause()
    this.#wake()
  }

  end(): void {
    this.#over = true
    this.#wake()
  }

  /** What came before is still given. */
  fail(error: unknown): void {
    this.#failure = error
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        if (this.#pieces.length > 0) yield this.#take()
        else if (this.#failure !== undefined) throw this.#failure
        else if (this.#over) return
        else await this.#more()
      }
    } finally {
      if (!this.#over) this.#flow.hangUp()
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #take(): Uint8Array {
    const pieces = this.#pieces
    const held = this.#waiting > MOST_WAITING
    this.#pieces = []
    this.#waiting = 0
    // Last, because the sender may push while it is told.
    if (held) this.#flow.resume()
    const [only, ...others] = pieces
    return only !== undefined && others.length === 0 ? only : Buffer.concat(pieces)
  }
}
