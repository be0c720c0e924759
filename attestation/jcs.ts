import canonicalize from 'canonicalize'
import { decodeUtf8, encodeUtf8 } from './encoding.ts'
import { AttestationError, type AttestationErrorCode } from './errors.ts'

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [member: string]: JsonValue }

/** RFC 8785: the one byte form of a JSON value. */
export function encodeJcs(value: JsonValue): Uint8Array {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('value has no JSON form')
  return encodeUtf8(text)
}

/**
 * Reads JSON that must be in its RFC 8785 form, byte for byte; so duplicate members, other orders, white space and
 * other number forms are refused too. `maxBytes` bounds the work on input nobody has vouched for yet.
 */
export function decodeJcs(
  bytes: Uint8Array,
  maxBytes: number,
  code: AttestationErrorCode = 'JCS_MALFORMED'
): JsonValue {
  if (bytes.byteLength > maxBytes) throw new AttestationError(code, `${bytes.byteLength} bytes, at most ${maxBytes}`)
  let value: JsonValue
  let canonical: Uint8Array
  try {
    value = JSON.parse(decodeUtf8(bytes)) as JsonValue
    canonical = encodeJcs(value)
  } catch (cause) {
    throw new AttestationError(code, 'not JSON in UTF-8', { cause })
  }
  if (Buffer.compare(canonical, bytes) !== 0) throw new AttestationError(code, 'not in RFC 8785 form')
  return value
}
