import { BitBuilder } from '@ton/core'

/** Bit `at` of a key, from the most significant. */
export function bitAt(key: Uint8Array, at: number): 0 | 1 {
  return ((key[at >> 3] ?? 0) >> (7 - (at & 7))) & 1 ? 1 : 0
}

/** The first bit from `from` on in which two keys differ, `end` where none does. */
export function firstDifference(a: Uint8Array, b: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && bitAt(a, at) === bitAt(b, at)) at += 1
  return at
}

/**
 * Begins a dictionary node: `HmLabel` of bits `from` to `to` of the key, where `most` more bits of key could follow. The
 * shortest of three forms, and of equals the one that validators choose, or the hash would be another.
 */
export function beginNode(key: Uint8Array, from: number, to: number, keyBits: number): BitBuilder {
  const [length, most] = [to - from, keyBits - from]
  const lengthBits = 32 - Math.clz32(most)
  const node = new BitBuilder()
  if (length > 1 && isUniform(key, from, to) && lengthBits < 2 * length - 1) {
    node.writeUint(0b110 + bitAt(key, from), 3)
    node.writeUint(length, lengthBits)
    return node
  }
  if (lengthBits < length) {
    node.writeUint(0b10, 2)
    node.writeUint(length, lengthBits)
  } else {
    node.writeBit(0)
    for (let bit = 0; bit < length; bit += 1) node.writeBit(1)
    node.writeBit(0)
  }
  for (let at = from; at < to; at += 1) node.writeBit(bitAt(key, at))
  return node
}

function isUniform(key: Uint8Array, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at += 1) if (bitAt(key, at) !== bitAt(key, from)) return false
  return true
}
