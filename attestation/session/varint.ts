import type { ByteReader } from '../byte-reader.ts'
import { AttestationError } from '../errors.ts'

const SIZES = [
  { bytes: 1, limit: 2 ** 6 },
  { bytes: 2, limit: 2 ** 14 },
  { bytes: 4, limit: 2 ** 30 }
] as const
const LONGEST = 8

/** How many bytes the shortest form of a QUIC variable-length integer (RFC 9000 §16) has. */
export function varintSize(value: number): number {
  return SIZES.find((size) => value < size.limit)?.bytes ?? LONGEST
}

/** Writes the shortest form, which is the only one written here, and says where it ends. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  const size = varintSize(value)
  const high = Math.floor(value / 2 ** 32)
  for (let i = 0; i < size; i++) {
    const shift = (size - 1 - i) * 8
    target[at + i] = shift >= 32 ? high >>> (shift - 32) : value >>> shift
  }
  target[at] = (target[at] as number) | (Math.log2(size) << 6)
  return at + size
}

export function encodeVarint(value: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(value))
  writeVarint(bytes, 0, value)
  return bytes
}

/** Reads any form. What is not below 2^53 is refused with BHTTP_MALFORMED. */
export function readVarint(reader: ByteReader, field: string): number {
  const first = reader.uint8(field)
  let value = first & 0x3f
  for (const byte of reader.bytes((1 << (first >>> 6)) - 1, field)) value = value * 256 + byte
  if (!Number.isSafeInteger(value)) throw new AttestationError('BHTTP_MALFORMED', `${field} is not below 2^53`)
  return value
}
