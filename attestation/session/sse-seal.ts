import { createSha256 } from '../crypto.ts'
import { concatBytes } from '../encoding.ts'
import { BhttpResponseEncoder, type BhttpResponseHead, type HttpField } from './bhttp.ts'
import { MAX_CHUNK } from './chunk-stream.ts'
import { padZeroToSeal, SEAL_MULTIPLE } from './padding.ts'
import { allocate } from './slab.ts'
import { varintSize, writeVarint } from './varint.ts'

const LINE_FEED = 0x0a
const COLON = 0x3a
const SPACE = 0x20
/** The shortest comment line: `:` and LF. */
const SHORTEST_COMMENT = 2
/** What the length of a chunk's content takes at most. */
const CONTENT_LENGTH = 4
/** What the final chunk keeps for the trailer section. */
const TRAILER_ROOM = 16_384
const NOTHING = new Uint8Array(0)

/**
 * Turns the bytes of an SSE answer into the plaintexts of seals: each ends after a line feed and is a multiple of 256
 * long, filled by one comment line. Seal each plaintext as one chunk, the last that `finish` gives as the final one.
 *
 * A line longer than a chunk can be waits until it is whole and then takes several chunks; all but its last are 32 KiB
 * and have no comment, which would break the line.
 */
export class SseSealer {
  readonly #encoder = new BhttpResponseEncoder()
  readonly #hash = createSha256()
  /** What goes before the next content: the head, until it has gone. */
  #prefix: Uint8Array
  #lines: Uint8Array[] = []
  /** The beginning of a line that has no end yet. */
  #partial: Uint8Array[] = []

  constructor(head: BhttpResponseHead) {
    this.#prefix = this.#encoder.head(head)
  }

  /** Takes bytes as they came from the engine; they must not be written to before they are taken. */
  push(bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(LINE_FEED) + 1
    if (end > 0) {
      this.#lines.push(...this.#partial, bytes.subarray(0, end))
      this.#partial = []
    }
    if (end < bytes.byteLength) this.#partial.push(bytes.subarray(end))
  }

  /** What came since: the plaintexts of the lines that are whole by now, none when no line is. */
  take(): readonly Uint8Array[] {
    if (this.#lines.length === 0) return []
    const lines = joined(this.#lines)
    this.#lines = []
    return this.#sealLines(lines)
  }

  /** As `take`, but a plaintext of padding alone when there is nothing: a tick of the cadence, or the head at once. */
  tick(): readonly Uint8Array[] {
    const taken = this.take()
    return taken.length > 0 ? taken : [this.#sealed(NOTHING, this.#commentFor(0))]
  }

  /**
   * The plaintexts that end the answer; the last is the final chunk's. `trailers` gets SHA-256 of the whole content,
   * comments included, and gives the trailer fields.
   */
  finish(trailers: (contentHash: Uint8Array) => readonly HttpField[]): readonly Uint8Array[] {
    let lines = joined(this.#lines)
    let rest = joined(this.#partial)
    this.#lines = []
    this.#partial = []
    const plaintexts: Uint8Array[] = []
    if (lines.byteLength + rest.byteLength > this.#room() - TRAILER_ROOM) {
      plaintexts.push(...this.#sealLines(lines))
      lines = NOTHING
    }
    while (rest.byteLength > this.#room() - TRAILER_ROOM) {
      const cut = this.#fullCut(rest.byteLength)
      plaintexts.push(this.#sealed(rest.subarray(0, cut), 0))
      rest = rest.subarray(cut)
    }
    const content = concatBytes(lines, rest)
    this.#hash.update(content)
    const end = this.#encoder.trailers(trailers(this.#hash.digest()))
    plaintexts.push(padZeroToSeal(concatBytes(this.#prefix, this.#encoder.content(content), end)))
    return plaintexts
  }

  /** Content that ends in a line feed, cut after line feeds; a line that fits no chunk is cut where chunks are full. */
  #sealLines(lines: Uint8Array): readonly Uint8Array[] {
    const plaintexts: Uint8Array[] = []
    let left = lines
    while (left.byteLength > 0) {
      const room = this.#room()
      const most = room - SHORTEST_COMMENT
      const whole = left.byteLength <= most ? left.byteLength : left.lastIndexOf(LINE_FEED, most - 1) + 1
      const cut = whole > 0 ? whole : room
      plaintexts.push(this.#sealed(left.subarray(0, cut), whole > 0 ? this.#commentFor(cut) : 0))
      left = left.subarray(cut)
    }
    return plaintexts
  }

  /** The content that fills a chunk with what goes before it. */
  #room(): number {
    return MAX_CHUNK - this.#prefix.byteLength - CONTENT_LENGTH
  }

  /** The most of `length` bytes of content that make a multiple of 256 without a comment. */
  #fullCut(length: number): number {
    let cut = Math.min(length, this.#room())
    while ((this.#prefix.byteLength + varintSize(cut) + cut) % SEAL_MULTIPLE !== 0) cut--
    return cut
  }

  /** The shortest comment that reaches a multiple of 256, counting that the content's length may take more bytes. */
  #commentFor(length: number): number {
    const before = this.#prefix.byteLength + length
    if (length > 0 && (before + varintSize(length)) % SEAL_MULTIPLE === 0) return 0
    for (let total = roundUp(before + SHORTEST_COMMENT + 1); ; total += SEAL_MULTIPLE) {
      for (const size of [1, 2, 4]) {
        const comment = total - before - size
        if (comment >= SHORTEST_COMMENT && varintSize(length + comment) === size) return comment
      }
    }
  }

  /** One plaintext: what goes before, and the content with its comment as one content chunk. */
  #sealed(content: Uint8Array, comment: number): Uint8Array {
    const length = content.byteLength + comment
    const plaintext = allocate(this.#prefix.byteLength + varintSize(length) + length)
    plaintext.set(this.#prefix)
    const from = writeVarint(plaintext, this.#prefix.byteLength, length)
    plaintext.set(content, from)
    if (comment > 0) {
      plaintext.fill(SPACE, from + content.byteLength)
      plaintext[from + content.byteLength] = COLON
      plaintext[plaintext.byteLength - 1] = LINE_FEED
    }
    this.#hash.update(plaintext.subarray(from))
    this.#prefix = NOTHING
    return plaintext
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / SEAL_MULTIPLE) * SEAL_MULTIPLE
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = pieces
  return only !== undefined && more.length === 0 ? only : concatBytes(...pieces)
}
