import { AttestationError } from './errors.ts'

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

export function encodeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text)
}

/** Refuses bytes that are not UTF-8 instead of replacing them. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch (cause) {
    throw new AttestationError('ENCODING_MALFORMED', 'not UTF-8', { cause })
  }
}

export function encodeHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex')
}

/** Reads hex digits of either case; with `length`, exactly that many bytes. */
export function decodeHex(text: string, length?: number): Uint8Array {
  // The platform's reader stops at some characters that are no digits and takes others for digits.
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) throw new AttestationError('ENCODING_MALFORMED', 'not hex')
  const bytes = new Uint8Array(Buffer.from(text, 'hex'))
  if (length !== undefined && bytes.length !== length) {
    throw new AttestationError('ENCODING_MALFORMED', `${bytes.length} bytes of hex, ${length} wanted`)
  }
  return bytes
}

export function encodeBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64')
}

export function encodeBase64Url(bytes: Uint8Array): string {
  return view(bytes).toString('base64url')
}

/** Standard base64 with padding, and only its canonical form. */
export function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new AttestationError('ENCODING_MALFORMED', 'not canonical base64')
  return new Uint8Array(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.byteLength
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.byteLength
  }
  return joined
}

/** Unsigned integers in network byte order. */
export function uint8(value: number): Uint8Array {
  return Uint8Array.of(checkRange(value, 0xff))
}

export function uint16(value: number): Uint8Array {
  checkRange(value, 0xffff)
  return Uint8Array.of(value >>> 8, value)
}

export function uint32(value: number): Uint8Array {
  checkRange(value, 0xffff_ffff)
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

export function uint64(value: number | bigint): Uint8Array {
  const wide = BigInt(value)
  if (wide < 0n || wide > 0xffff_ffff_ffff_ffffn) throw new TypeError(`${wide} does not fit 64 bits`)
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, wide)
  return bytes
}

/** u32 length, then the bytes: `lp(x)` of the session protocol. */
export function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(uint32(bytes.byteLength), bytes)
}

function checkRange(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new TypeError(`${value} is not in 0..${max}`)
  return value
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
