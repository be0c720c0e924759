import { concatBytes } from '../encoding.ts'

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  sequence: 0x30
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
