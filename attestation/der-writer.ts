import { concatBytes, encodeUtf8 } from './encoding.ts'

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31
} as const

/** X.690 §8: a definite length, in its shortest form. */
export function derTagged(tag: number, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag), derLength(content.byteLength), content)
}

export function derSequence(...members: readonly Uint8Array[]): Uint8Array {
  return derTagged(TAG.sequence, concatBytes(...members))
}

export function derOctetString(bytes: Uint8Array): Uint8Array {
  return derTagged(TAG.octetString, bytes)
}

export function derBoolean(value: boolean): Uint8Array {
  return derTagged(TAG.boolean, Uint8Array.of(value ? 0xff : 0))
}

/** A number of 0 to 65535. */
export function derInteger(value: number): Uint8Array {
  return derTagged(TAG.integer, unsigned(value))
}

export function derEnumerated(value: number): Uint8Array {
  return derTagged(TAG.enumerated, unsigned(value))
}

/** An INTEGER from the big-endian bytes of what is not negative. */
export function derUnsigned(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0)
  const bytes = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first)
  return derTagged(TAG.integer, (bytes[0] ?? 0) > 0x7f ? concatBytes(Uint8Array.of(0), bytes) : bytes)
}

/** Whole octets, or with `unused` bits left out at the end. */
export function derBitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return derTagged(TAG.bitString, concatBytes(Uint8Array.of(unused), bytes))
}

export function derUtf8(text: string): Uint8Array {
  return derTagged(TAG.utf8String, encodeUtf8(text))
}

/** Of letters, digits and the few signs of X.680 §41.4. */
export function derPrintable(text: string): Uint8Array {
  return derTagged(TAG.printableString, encodeUtf8(text))
}

export function derSet(...members: readonly Uint8Array[]): Uint8Array {
  return derTagged(TAG.set, concatBytes(...members))
}

/** `[number] EXPLICIT`, or `[number] IMPLICIT` of something constructed whose content is given. */
export function derContext(number: number, content: Uint8Array): Uint8Array {
  return derTagged(0xa0 | number, content)
}

/** `[number] IMPLICIT` of something primitive. */
export function derContextPrimitive(number: number, content: Uint8Array): Uint8Array {
  return derTagged(0x80 | number, content)
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
export function derTime(time: Date): Uint8Array {
  return time.getUTCFullYear() < 2050
    ? derTagged(TAG.utcTime, encodeUtf8(compactTime(time).slice(2)))
    : derGeneralizedTime(time)
}

export function derGeneralizedTime(time: Date): Uint8Array {
  return derTagged(TAG.generalizedTime, encodeUtf8(compactTime(time)))
}

/** An ECDSA signature as certificates carry it, from raw r ‖ s. */
export function derEcdsaSignature(raw: Uint8Array): Uint8Array {
  const half = raw.byteLength / 2
  return derSequence(derUnsigned(raw.subarray(0, half)), derUnsigned(raw.subarray(half)))
}

/** An object identifier in dotted form. */
export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number)
  return derTagged(TAG.objectIdentifier, concatBytes(...[first * 40 + second, ...arcs].map(base128)))
}

function unsigned(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new TypeError(`${value} is not in 0..65535`)
  const bytes = value > 0xff ? [value >> 8, value & 0xff] : [value]
  return Uint8Array.from((bytes[0] ?? 0) > 0x7f ? [0, ...bytes] : bytes)
}

function derLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Uint8Array.of(0x80 | bytes.length, ...bytes)
}

function base128(arc: number): Uint8Array {
  const bytes = [arc & 0x7f]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest & 0x7f) | 0x80)
  return Uint8Array.from(bytes)
}

/** `YYYYMMDDHHMMSSZ`. */
function compactTime(time: Date): string {
  return time.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
}
