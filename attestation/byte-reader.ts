import { AttestationError, type AttestationErrorCode } from './errors.ts'

/**
 * Reads attacker-controlled bytes in order. Every read names its field, is bounded by what is left, and refuses with
 * `code`; `end()` refuses what was not read. Slices are views, not copies.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #code: AttestationErrorCode
  readonly #littleEndian: boolean
  #offset = 0

  constructor(bytes: Uint8Array, code: AttestationErrorCode, endian: 'big' | 'little' = 'big') {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#code = code
    this.#littleEndian = endian === 'little'
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset
  }

  uint8(field: string): number {
    return this.#view.getUint8(this.#advance(1, field))
  }

  uint16(field: string): number {
    return this.#view.getUint16(this.#advance(2, field), this.#littleEndian)
  }

  uint24(field: string): number {
    const at = this.#advance(3, field)
    const [a, b, c] = [this.#view.getUint8(at), this.#view.getUint8(at + 1), this.#view.getUint8(at + 2)]
    return this.#littleEndian ? a | (b << 8) | (c << 16) : (a << 16) | (b << 8) | c
  }

  uint32(field: string): number {
    return this.#view.getUint32(this.#advance(4, field), this.#littleEndian)
  }

  uint64(field: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, field), this.#littleEndian)
  }

  /** A 64-bit integer that the format bounds below 2^53, as a number. */
  safeUint64(field: string): number {
    const value = this.uint64(field)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.refuse(`${field} is not below 2^53`)
    return Number(value)
  }

  bytes(length: number, field: string): Uint8Array {
    const at = this.#advance(length, field)
    return this.#bytes.subarray(at, at + length)
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining, 'rest')
  }

  skip(length: number, field: string): void {
    this.#advance(length, field)
  }

  end(): void {
    if (this.remaining !== 0) throw this.refuse(`${this.remaining} bytes after the end`)
  }

  refuse(message: string): AttestationError {
    return new AttestationError(this.#code, message)
  }

  #advance(length: number, field: string): number {
    if (length > this.remaining) {
      throw this.refuse(`${field}: ${length} bytes wanted at offset ${this.#offset}, ${this.remaining} left`)
    }
    const at = this.#offset
    this.#offset += length
    return at
  }
}
