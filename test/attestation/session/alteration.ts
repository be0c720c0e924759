import fc from 'fast-check'
import { concatBytes, encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'

/** These bytes with some changed, cut, added or swapped; never the same bytes. */
export function altered(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(bytes.byteLength - 1)
  const changed = fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([i, by]) => {
    const copy = bytes.slice()
    copy[i] = (copy[i] as number) ^ by
    return copy
  })
  const cut = fc.tuple(at, fc.integer({ min: 1, max: 64 })).map(([i, length]) => without(bytes, i, length))
  const added = fc
    .tuple(fc.nat(bytes.byteLength), fc.uint8Array({ minLength: 1, maxLength: 64 }))
    .map(([i, more]) => concatBytes(bytes.subarray(0, i), more, bytes.subarray(i)))
  const swapped = fc.tuple(at, at).map(([i, j]) => {
    const copy = bytes.slice()
    copy[i] = bytes[j] as number
    copy[j] = bytes[i] as number
    return copy
  })
  return fc.oneof(changed, cut, added, swapped).filter((other) => encodeHex(other) !== encodeHex(bytes))
}

/** These items with some left out, repeated, swapped or replaced; never the same list. */
export function rearranged<T>(items: readonly T[], replace: fc.Arbitrary<readonly T[]>): fc.Arbitrary<readonly T[]> {
  const at = fc.nat(items.length - 1)
  const left = at.map((i) => items.filter((_, j) => j !== i))
  const repeated = fc.tuple(at, fc.nat(items.length)).map(([i, j]) => items.toSpliced(j, 0, items[i] as T))
  const swapped = fc.tuple(at, at).map(([i, j]) => {
    const copy = [...items]
    copy[i] = items[j] as T
    copy[j] = items[i] as T
    return copy
  })
  return fc
    .oneof(left, repeated, swapped, replace)
    .filter((other) => other.length !== items.length || other.some((item, i) => item !== items[i]))
}

/** The code of the refusal. Whatever else happens is a failure of the test. */
export async function refusalOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt()
  } catch (error) {
    if (error instanceof AttestationError) return error.code
    throw error
  }
  return 'accepted'
}

function without(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return concatBytes(bytes.subarray(0, at), bytes.subarray(at + length))
}
