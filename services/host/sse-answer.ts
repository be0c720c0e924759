import type { BhttpResponseHead, HttpField } from '../../attestation/session/bhttp.ts'
import { SseSealer } from '../../attestation/session/sse-seal.ts'
import type { AnswerWriter } from './answer-writer.ts'

/** With a cadence, so many bytes may wait for the next tick before the engine has to. */
const MOST_UNSEALED = 256 * 1024

/**
 * Seals an event stream: what one turn of the event loop brought as one seal, or, with a cadence, one seal a tick
 * whether anything came or not, so that their times tell nothing of the model's.
 */
export class SseAnswer implements Disposable {
  readonly #sealer: SseSealer
  readonly #writer: AnswerWriter
  readonly #ticker: NodeJS.Timeout | undefined
  #scheduled: NodeJS.Immediate | undefined
  #ticked = Promise.withResolvers<void>()
  #unsealed = 0
  #blocked = false

  /** `cadenceMs` 0: none. */
  constructor(writer: AnswerWriter, head: BhttpResponseHead, cadenceMs: number) {
    this.#sealer = new SseSealer(head)
    this.#writer = writer
    if (cadenceMs > 0) this.#ticker = setInterval(() => this.#tick(), cadenceMs)
  }

  push(bytes: Uint8Array): void {
    this.#sealer.push(bytes)
    this.#unsealed += bytes.byteLength
    if (this.#ticker !== undefined) return
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      this.#seal(this.#sealer.take())
    })
  }

  /** Waits while the reader is slow, so that the engine's answer is read no faster than the client takes it. */
  async room(): Promise<void> {
    if (this.#blocked) {
      await this.#writer.ready()
      this.#blocked = false
    }
    if (this.#ticker !== undefined && this.#unsealed > MOST_UNSEALED) await this.#ticked.promise
  }

  /** The rest and the final chunk, on a tick where there is a cadence; `trailers` gets SHA-256 of the whole content. */
  async finish(trailers: (contentHash: Uint8Array) => readonly HttpField[]): Promise<void> {
    await this.room()
    if (this.#ticker !== undefined) await this.#ticked.promise
    this[Symbol.dispose]()
    const plaintexts = this.#sealer.finish(trailers)
    for (const [index, plaintext] of plaintexts.entries()) {
      this.#writer.write(plaintext, index === plaintexts.length - 1)
    }
    await this.#writer.ready()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticker)
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#ticked.resolve()
  }

  /** A reader that is behind gets no padding on top. */
  #tick(): void {
    if (!this.#blocked) this.#seal(this.#sealer.tick())
    this.#ticked.resolve()
    this.#ticked = Promise.withResolvers()
  }

  #seal(plaintexts: readonly Uint8Array[]): void {
    this.#unsealed = 0
    for (const plaintext of plaintexts) {
      if (!this.#writer.write(plaintext, false)) this.#blocked = true
    }
  }
}
