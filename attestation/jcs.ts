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
  return encodeUtf8(writeJcs(value))
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
  let text: string
  let value: JsonValue
  let canonical: string
  try {
    text = decodeUtf8(bytes)
    value = JSON.parse(text) as JsonValue
    canonical = writeJcs(value)
  } catch (cause) {
    throw new AttestationError(code, 'not JSON in UTF-8', { cause })
  }
  // What was read as UTF-8 has one text, so equal texts are equal bytes.
  if (canonical !== text) throw new AttestationError(code, 'not in RFC 8785 form')
  return value
}

/** JSON.stringify writes every value as RFC 8785 wants it, but for the order of members. */
function writeJcs(value: JsonValue): string {
  const text = isOrdered(value) ? JSON.stringify(value) : canonicalize(value)
  if (text === undefined) throw new TypeError('value has no JSON form')
  return text
}

/** Whether JSON.stringify meets all members in RFC 8785's order, and no number or text that has no such form. */
function isOrdered(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean' || value === null
  if (Array.isArray(value)) return value.every(isOrdered)
  let before = ''
  for (const [at, [member, inner]] of Object.entries(value).entries()) {
    if ((at > 0 && member < before) || !member.isWellFormed() || !isOrdered(inner as JsonValue)) return false
    before = member
  }
  return true
}
