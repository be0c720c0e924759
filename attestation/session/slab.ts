const SLAB = 65_536
/** What is larger has memory of its own, so that no small view keeps a large one's alive. */
const LARGEST_SHARED = 4096

let slab = new ArrayBuffer(SLAB)
let used = 0

/**
 * Zeroed bytes of this length. Short ones are views of a shared slab, because a typed array with memory of its own costs
 * more than sealing a short chunk does. No byte is given out twice.
 */
export function allocate(length: number): Uint8Array {
  if (length > LARGEST_SHARED) return new Uint8Array(length)
  if (used + length > SLAB) {
    slab = new ArrayBuffer(SLAB)
    used = 0
  }
  const bytes = new Uint8Array(slab, used, length)
  used = (used + length + 7) & ~7
  return bytes
}
