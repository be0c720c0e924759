import type { BatchChannel, ChannelEvents } from '../../services/runtime/link/channel.ts'

/** One end of a pair of channels in memory. What is written waits until the test delivers it. */
export class MemoryChannel implements BatchChannel {
  readonly sent: Uint8Array[] = []
  readonly #window: number
  #peer: MemoryChannel | undefined
  #events: ChannelEvents | undefined
  #blocked = false
  #ending = false
  #closed = false

  /** `window`: batches that may be on their way before `write` says to wait. */
  constructor(window: number) {
    this.#window = window
  }

  static pair(window = 4): [MemoryChannel, MemoryChannel] {
    const [left, right] = [new MemoryChannel(window), new MemoryChannel(window)]
    left.#peer = right
    right.#peer = left
    return [left, right]
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Bytes on their way. */
  get inFlight(): number {
    return this.sent.reduce((total, batch) => total + batch.byteLength, 0)
  }

  attach(events: ChannelEvents): void {
    this.#events = events
  }

  write(batch: Uint8Array): boolean {
    if (this.#closed || this.#ending) return true
    this.sent.push(batch)
    this.#blocked = this.sent.length >= this.#window
    return !this.#blocked
  }

  end(): void {
    this.#ending = true
    if (this.sent.length === 0) this.#sayEnd()
  }

  destroy(): void {
    this.break(new Error('destroyed'))
  }

  /** Hands the oldest batch to the other end. False: none was on its way. */
  deliver(): boolean {
    const batch = this.sent.shift()
    if (batch === undefined) return false
    if (this.#peer !== undefined) this.#peer.#events?.batch(batch)
    if (this.#blocked && !this.#closed) {
      this.#blocked = false
      this.#events?.drain()
    }
    if (this.#ending && this.sent.length === 0) this.#sayEnd()
    return true
  }

  /** Both ends are gone, and what was on its way with them. */
  break(error?: Error): void {
    for (const end of [this, this.#peer]) {
      if (end === undefined || end.#closed) continue
      end.#closed = true
      end.sent.length = 0
      end.#events?.closed(error)
    }
  }

  #sayEnd(): void {
    if (!this.#closed) this.break()
  }
}
