/** No padded message is shorter. */
const SMALLEST = 1024
/** What the plaintext of each seal of a stream is a multiple of. */
export const SEAL_MULTIPLE = 256

/** The smallest of 1, 1.25, 1.5 and 1.75 × 2^k that is not below `length`, and at least 1 KiB. */
export function paddedSize(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) throw new TypeError(`${length} is not a length`)
  let quarter = SMALLEST / 4
  while (quarter * 8 < length) quarter *= 2
  const quarters = Math.ceil(length / quarter)
  return Math.max(quarters, 4) * quarter
}

/** The bytes, then zeros up to their padded size. */
export function padZero(bytes: Uint8Array): Uint8Array {
  return extend(bytes, paddedSize(bytes.byteLength))
}

/** The bytes, then zeros up to a multiple of 256. */
export function padZeroToSeal(bytes: Uint8Array): Uint8Array {
  return extend(bytes, Math.ceil(bytes.byteLength / SEAL_MULTIPLE) * SEAL_MULTIPLE)
}

function extend(bytes: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(size)
  padded.set(bytes)
  return padded
}
