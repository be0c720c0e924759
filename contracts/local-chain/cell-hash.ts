import { createHash } from 'node:crypto'
import { BitBuilder, type BitString, beginCell, type Cell } from '@ton/core'

/** What a cell's parent needs of it: representation hash and depth. */
export interface CellDigest {
  readonly hash: Buffer
  readonly depth: number
}

export function digestOf(cell: Cell): CellDigest {
  return { hash: cell.hash(0), depth: cell.depth(0) }
}

/**
 * Digest of an ordinary cell of level 0 from its bits and its children's digests. @ton/core hashes in plain JavaScript, twenty
 * times slower, and only with the children there as cells.
 */
export function digestCell(bits: BitString, children: readonly CellDigest[]): CellDigest {
  const data = padBits(bits)
  const representation = Buffer.alloc(2 + data.length + 34 * children.length)
  representation[0] = children.length
  representation[1] = Math.floor(bits.length / 8) + Math.ceil(bits.length / 8)
  let at = data.copy(representation, 2) + 2
  for (const { depth } of children) at = representation.writeUInt16BE(depth, at)
  for (const { hash } of children) at += hash.copy(representation, at)
  const depth = children.length === 0 ? 0 : 1 + Math.max(...children.map((child) => child.depth))
  return { hash: createHash('sha256').update(representation).digest(), depth }
}

/** Whole bytes: what is missing of the last is a set bit and zeros. */
function padBits(bits: BitString): Buffer {
  const missing = (8 - (bits.length % 8)) % 8
  const padded = new BitBuilder(bits.length + missing)
  padded.writeBits(bits)
  if (missing > 0) padded.writeUint(1 << (missing - 1), missing)
  return padded.buffer()
}

/** A pruned branch of level 1 that stands for an ordinary cell in a Merkle proof or update. */
export function pruneCell({ hash, depth }: CellDigest): Cell {
  return beginCell().storeUint(0x0101, 16).storeBuffer(hash).storeUint(depth, 16).endCell({ exotic: true })
}

/** `merkle_update#04`: from one pruned or whole tree to another. */
export function merkleUpdate(from: CellDigest, to: CellDigest): Cell {
  return beginCell()
    .storeUint(4, 8)
    .storeBuffer(from.hash)
    .storeBuffer(to.hash)
    .storeUint(from.depth, 16)
    .storeUint(to.depth, 16)
    .storeRef(pruneCell(from))
    .storeRef(pruneCell(to))
    .endCell({ exotic: true })
}
