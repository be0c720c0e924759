import type { BatchChannel, ChannelEvents } from '../../services/runtime/link/channel.ts'

const CLOSED_BY_PEER = new Uint8Array(0)

/** One end of a link in memory. What it writes waits until a test delivers it. */
export class MemoryChannel implements BatchChannel {
  /** Batches that this end has written and the other has not got. */
  readonly sent: Uint8Array[] = []
  readonly #window: number
  #other: MemoryChannel | undefined
  #events: ChannelEvents | undefined
  #full = false
  #ended = false
  #closed = false

  constructor(window: number) {
    this.#window = window
  }

  /** Two ends; each takes `window` batches before it asks to wait for `drain`. */
  static pair(window = 4): readonly [MemoryChannel, MemoryChannel] {
    const [left, right] = [new MemoryChannel(window), new MemoryChannel(window)]
    left.#other = right
    right.#other = left
    return [left, right]
  }

  attach(events: ChannelEvents): void {
    this.#events = events
  }

  write(batch: Uint8Array): boolean {
    if (this.#closed || this.#ended) return true
    this.sent.push(batch.slice())
    this.#full = this.sent.length >= this.#window
    return !this.#full
  }

  end(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    this.sent.push(CLOSED_BY_PEER)
  }

  destroy(): void {
    this.break(new Error('the channel was destroyed'))
  }

  /** Gives the other end the next batch, or the end. False: nothing waits. */
  deliver(): boolean {
    const batch = this.sent.shift()
    if (batch === undefined) return false
    if (batch === CLOSED_BY_PEER) this.#endBoth()
    else this.#pass(batch)
    if (this.#full && this.sent.length === 0) {
      this.#full = false
      if (!this.#closed) this.#events?.drain()
    }
    return true
  }

  /** Breaks both ends now; what was on its way is lost. */
  break(error?: Error): void {
    this.#close(error)
    if (this.#other !== undefined) this.#other.#close(error)
  }

  #endBoth(): void {
    if (this.#other !== undefined) this.#other.#close()
    this.#close()
  }

  #pass(batch: Uint8Array): void {
    if (!this.#closed && this.#other !== undefined) this.#other.#events?.batch(batch)
  }

  #close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.sent.length = 0
    this.#events?.closed(error)
  }
}
