import {
  FRAME_HEADER_LENGTH,
  type FrameType,
  MAX_BATCH,
  writeFrameHeader
} from '../../../attestation/session/frame-header.ts'

/**
 * Gathers frames into batches. Payloads are copied at once, so that a frame which has to wait does not keep alive the
 * batch it came in.
 */
export class BatchWriter {
  #limit = MAX_BATCH
  #full: Uint8Array[] = []
  #buffer: Uint8Array | undefined
  #length = 0
  #queued = 0

  /** Bytes that wait. */
  get queued(): number {
    return this.#queued
  }

  /** Most bytes a batch from now on; what is longer than that as one frame is a caller's mistake. */
  set limit(bytes: number) {
    this.#limit = Math.min(bytes, MAX_BATCH)
  }

  append(type: FrameType, stream: number, payload: Uint8Array): void {
    const length = payload.byteLength
    const size = FRAME_HEADER_LENGTH + length
    if (size > this.#limit) throw new TypeError(`a frame of ${size} bytes does not fit a batch`)
    if (this.#length + size > this.#limit) this.#seal()
    this.#buffer ??= buffers.pop() ?? new Uint8Array(MAX_BATCH)
    writeFrameHeader(this.#buffer, this.#length, { type, stream, length })
    this.#buffer.set(payload, this.#length + FRAME_HEADER_LENGTH)
    this.#length += size
    this.#queued += size
  }

  /** The oldest batch, or undefined when nothing waits. */
  take(): Uint8Array | undefined {
    if (this.#full.length === 0) this.#seal()
    const batch = this.#full.shift()
    if (batch !== undefined) this.#queued -= batch.byteLength
    return batch
  }

  clear(): void {
    this.#full = []
    this.#queued = 0
    this.#length = 0
    this.#release()
  }

  #seal(): void {
    if (this.#buffer === undefined || this.#length === 0) return
    // From Node's pool: an ArrayBuffer for each small batch would keep the collector busy.
    const { buffer, byteOffset } = Buffer.allocUnsafe(this.#length)
    const batch = new Uint8Array(buffer, byteOffset, this.#length)
    batch.set(this.#buffer.subarray(0, this.#length))
    this.#full.push(batch)
    this.#length = 0
    this.#release()
  }

  #release(): void {
    if (this.#buffer !== undefined && buffers.length < KEPT_BUFFERS) buffers.push(this.#buffer)
    this.#buffer = undefined
  }
}

// A link needs its buffer for a turn of the event loop only, so that many idle links share a few.
const KEPT_BUFFERS = 16
const buffers: Uint8Array[] = []
