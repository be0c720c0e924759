import type { BatchChannel, ChannelEvents } from '../../services/runtime/link/channel.ts'

/** Two ends of a link in memory. Batches arrive in order, each in a later turn of the event loop. */
export function createChannelPair(): readonly [BatchChannel, BatchChannel] {
  const [left, right] = [new End(), new End()]
  left.other = right
  right.other = left
  return [left, right]
}

class End implements BatchChannel {
  other: End | undefined
  #events: ChannelEvents | undefined
  #closed = false

  /** Bytes that this end has written and the other has not got. */
  get inFlight(): number {
    return this.sent.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  get closed(): boolean {
    return this.#closed
  }

  attach(events: ChannelEvents): void {
    this.#events = events
  }

  write(batch: Uint8Array): boolean {
    const copy = new Uint8Array(batch)
    setImmediate(() => this.other?.#receive(copy))
    return true
  }

  end(): void {
    setImmediate(() => {
      this.other?.#close()
      this.#close()
    })
  }

  destroy(): void {
    setImmediate(() => {
      this.other?.#close(new Error('the link broke'))
      this.#close()
    })
  }

  #receive(batch: Uint8Array): void {
    if (!this.#closed) this.#events?.batch(batch)
  }

  #close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#events?.closed(error)
  }
}
