import type { ByteReader } from '../byte-reader.ts'
import { concatBytes, decodeUtf8, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodeVarint, readVarint } from './varint.ts'

/** A header or trailer field; names are lower case, values are UTF-8. */
export type HttpField = readonly [name: string, value: string]

/** Most bytes of a header or trailer section. */
export const MAX_SECTION = 65_536

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const FIELD_VALUE = /^(?:[!-~\u0080-\u{10ffff}](?:[\t -~\u0080-\u{10ffff}]*[!-~\u0080-\u{10ffff}])?)?$/u

/** Varint length ‖ bytes. */
export function encodeBlock(bytes: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(bytes.byteLength), bytes)
}

export function encodeFieldLines(fields: readonly HttpField[]): Uint8Array {
  return concatBytes(
    ...fields.flatMap(([name, value]) => {
      if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new TypeError(`${name} is not a field`)
      return [encodeBlock(encodeUtf8(name)), encodeBlock(encodeUtf8(value))]
    })
  )
}

/** Field lines up to the end of their section, whose length came before it. */
export function readKnownFields(section: ByteReader): readonly HttpField[] {
  const fields: HttpField[] = []
  while (section.remaining > 0) {
    fields.push(readFieldLine(section, readVarint(section, 'name length')))
  }
  return fields
}

/** Field lines up to the zero that ends a section of indeterminate length. */
export function readIndeterminateFields(reader: ByteReader): readonly HttpField[] {
  const fields: HttpField[] = []
  const start = reader.offset
  for (;;) {
    const nameLength = readVarint(reader, 'name length')
    if (nameLength === 0) return fields
    fields.push(readFieldLine(reader, nameLength))
    if (reader.offset - start > MAX_SECTION) throw malformed('a field section over 64 KiB')
  }
}

export function readText(reader: ByteReader, length: number, field: string): string {
  const bytes = reader.bytes(length, field)
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new AttestationError('BHTTP_MALFORMED', `${field} is not UTF-8`, { cause })
  }
}

/** Padding is zeros and nothing else. */
export function checkPadding(bytes: Uint8Array): void {
  // A long message has a long padding, which a callback a byte would take milliseconds for.
  for (let at = 0; at < bytes.byteLength; at++) {
    if (bytes[at] !== 0) throw malformed('something other than zeros after the message')
  }
}

export function malformed(message: string): AttestationError {
  return new AttestationError('BHTTP_MALFORMED', message)
}

function readFieldLine(reader: ByteReader, nameLength: number): HttpField {
  const name = readText(reader, nameLength, 'field name')
  const value = readText(reader, readVarint(reader, 'value length'), 'field value')
  if (!TOKEN.test(name)) throw malformed('a field name that is not a lower-case token')
  if (!FIELD_VALUE.test(value)) throw malformed(`the value of ${name} cannot be a field value`)
  return [name, value]
}
