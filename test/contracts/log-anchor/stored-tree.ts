import { leafHash, nodeHash } from '../../../attestation/tlog/hash.ts'
import type { HashReader } from '../../../attestation/tlog/node-id.ts'

const HASH_BYTES = 32

/** A tree of 2^height leaves, each another, every node of it held. */
export function storedTree(height: number): HashReader {
  const leaves = new Uint8Array(HASH_BYTES << height)
  const number = new DataView(new ArrayBuffer(4))
  for (let at = 0; at < 1 << height; at++) {
    number.setUint32(0, at)
    leaves.set(leafHash(new Uint8Array(number.buffer)), at * HASH_BYTES)
  }
  const levels: Uint8Array[] = [leaves]
  for (let level = 1; level <= height; level++) levels.push(parentsOf(levels[level - 1]!))
  return ({ level, index }) => {
    const start = Number(index) * HASH_BYTES
    const hash = levels[level]?.subarray(start, start + HASH_BYTES)
    if (hash?.byteLength !== HASH_BYTES) throw new RangeError(`node ${level}/${index} of a tree of 2^${height} leaves`)
    return hash
  }
}

function parentsOf(level: Uint8Array): Uint8Array {
  const parents = new Uint8Array(level.byteLength / 2)
  for (let at = 0; at < parents.byteLength; at += HASH_BYTES) {
    const [left, right] = [
      level.subarray(2 * at, 2 * at + HASH_BYTES),
      level.subarray(2 * at + HASH_BYTES, 2 * at + 64)
    ]
    parents.set(nodeHash(left, right), at)
  }
  return parents
}
