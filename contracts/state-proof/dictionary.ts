import type { Cell, Slice } from '@ton/core'

/**
 * Walks a dictionary (`Hashmap` or `HashmapAug`) from its root to one key, given as its bits. Gives what follows the label of
 * the key's leaf; undefined where the dictionary has no such key, which the nodes on the way prove. Throws on a
 * pruned node: a proof that ends before it answers.
 */
export function findInDictionary(root: Cell, key: string): Slice | undefined {
  let node = root
  let at = 0
  for (;;) {
    const slice = node.beginParse()
    const label = readLabel(slice, key.length - at)
    if (key.slice(at, at + label.length) !== label) return undefined
    at += label.length
    if (at === key.length) return slice
    const child = slice.remainingRefs < 2 ? undefined : node.refs[key[at] === '0' ? 0 : 1]
    if (child === undefined) throw new TypeError('a fork has two branches')
    node = child
    at += 1
  }
}

/** `HmLabel ~l m`, as a text of bits. */
function readLabel(slice: Slice, most: number): string {
  const lengthBits = 32 - Math.clz32(most)
  if (!slice.loadBit()) {
    let length = 0
    while (slice.loadBit()) length += 1
    return readBits(slice, checked(length, most))
  }
  if (!slice.loadBit()) return readBits(slice, checked(slice.loadUint(lengthBits), most))
  const bit = slice.loadBit() ? '1' : '0'
  return bit.repeat(checked(slice.loadUint(lengthBits), most))
}

function checked(length: number, most: number): number {
  if (length > most) throw new TypeError('a label is longer than its key')
  return length
}

function readBits(slice: Slice, length: number): string {
  let bits = ''
  for (let index = 0; index < length; index += 1) bits += slice.loadBit() ? '1' : '0'
  return bits
}

/** The bits of bytes. */
export function bitsOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
}

/** The 32 bits of a signed number. */
export function int32Bits(value: number): string {
  return (value >>> 0).toString(2).padStart(32, '0')
}
