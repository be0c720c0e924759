import { AttestationError, type AttestationErrorCode } from '../errors.ts'

/** Sizes and indices are bigint: a tree has up to 2^63 leaves. */
export const MAX_TREE_SIZE = 1n << 63n

const MAX_DIGITS = MAX_TREE_SIZE.toString().length

/** A size or index in ASCII decimal without leading zeros, at most 2^63; anything else is refused with `code`. */
export function parseTreeSize(text: string, code: AttestationErrorCode): bigint {
  if (text.length > MAX_DIGITS || !/^(?:0|[1-9][0-9]*)$/.test(text)) {
    throw new AttestationError(code, 'a number is not a decimal of at most 2^63 without leading zeros')
  }
  const value = BigInt(text)
  if (value > MAX_TREE_SIZE) throw new AttestationError(code, `${value} is over 2^63`)
  return value
}

/** The number of bits of a value in 0..2^64 - 1; 0 of 0. */
export function bitLength(value: bigint): number {
  const high = Number(value >> 32n)
  return high === 0 ? 32 - Math.clz32(Number(value)) : 64 - Math.clz32(high)
}

export function trailingZeros(value: bigint): number {
  return bitLength(value & -value) - 1
}

export function popCount(value: bigint): number {
  let count = 0
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++
  return count
}
