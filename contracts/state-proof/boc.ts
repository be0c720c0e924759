import { Cell } from '@ton/core'
import { ContractError } from '../errors.ts'

/** The most that a bag of cells may be before it is looked into. */
export interface BocLimits {
  readonly bytes: number
  /** Each counted as often as others refer to it, as whoever walks them meets it. */
  readonly cells: number
}

const MAGIC = 0xb5ee9c72
const SMALLEST = 6
/** TON's own limit. */
const MOST_DEPTH = 1024

/**
 * The roots of a bag of cells from a stranger. Its size and its header are checked first, and then how often its cells refer to
 * one another, so that the time and memory of what reads them are bounded by `limits`. BOC_MALFORMED for whatever is larger,
 * longer than its header says, or no bag.
 */
export function parseBoc(boc: Uint8Array, limits: BocLimits): readonly Cell[] {
  const roots = parseFolded(boc, limits)
  if (!unfoldsWithin(roots, limits.cells)) throw malformed(`it unfolds to more than ${limits.cells} cells`)
  return roots
}

/** The same for whoever does not walk them: `limits.cells` counts each once. */
export function parseFolded(boc: Uint8Array, limits: BocLimits): readonly Cell[] {
  const bytes = Buffer.from(boc.buffer, boc.byteOffset, boc.byteLength)
  if (bytes.length > limits.bytes) throw malformed(`${bytes.length} bytes, and ${limits.bytes} are the most`)
  if (bytes.length < SMALLEST || bytes.readUInt32BE(0) !== MAGIC) throw malformed('the magic is another')
  const cells = readCellCount(bytes)
  if (cells > limits.cells) throw malformed(`${cells} cells, and ${limits.cells} are the most`)
  return readRoots(bytes)
}

function readRoots(bytes: Buffer): readonly Cell[] {
  try {
    return Cell.fromBoc(bytes)
  } catch (cause) {
    throw malformed('it cannot be read', cause)
  }
}

/**
 * Whether cells come to at most so many, each counted as often as it is referred to. A hundred cells that each refer twice to the
 * next make a dictionary of 2^100 entries, and @ton/core reads all that there are.
 */
export function unfoldsWithin(roots: readonly Cell[], most: number): boolean {
  const sizes = new Map<Cell, number>()
  const sizeOf = (cell: Cell): number => {
    const known = sizes.get(cell)
    if (known !== undefined) return known
    // Beyond the limit it does not matter how far.
    const size = Math.min(
      most + 1,
      cell.refs.map(sizeOf).reduce((sum, next) => sum + next, 1)
    )
    sizes.set(cell, size)
    return size
  }
  if (roots.some((root) => root.depth() > MOST_DEPTH)) return false
  return roots.map(sizeOf).reduce((sum, next) => sum + next, 0) <= most
}

/** Reads `serialized_boc#b5ee9c72` up to its number of cells, and checks that its length is what its header adds up to. */
function readCellCount(bytes: Buffer): number {
  const flags = bytes.readUInt8(4)
  const [size, offsetSize] = [flags & 7, bytes.readUInt8(5)]
  if (size < 1 || size > 4 || offsetSize < 1 || offsetSize > 6) throw malformed('its numbers have an odd size')
  const head = 6 + 3 * size + offsetSize
  if (bytes.length < head) throw malformed('it ends in its header')
  const cells = bytes.readUIntBE(6, size)
  const roots = bytes.readUIntBE(6 + size, size)
  const data = bytes.readUIntBE(6 + 3 * size, offsetSize)
  const [hasIndex, hasChecksum] = [(flags & 0x80) !== 0, (flags & 0x40) !== 0]
  const length = head + roots * size + (hasIndex ? cells * offsetSize : 0) + data + (hasChecksum ? 4 : 0)
  if (length !== bytes.length || roots < 1 || roots > 4) throw malformed('its header does not add up')
  return cells
}

/** The bag of several roots, as lite servers send two proofs at once; @ton/core writes one. */
export function encodeBoc(roots: readonly Cell[]): Buffer {
  const order = sortCells(roots)
  const at = new Map(order.map((cell, index) => [cell.hash().toString('hex'), index]))
  const indexOf = (cell: Cell): number => at.get(cell.hash().toString('hex')) ?? 0
  const size = order.length < 0x100 ? 1 : order.length < 0x10000 ? 2 : 3
  const data = Buffer.concat(order.map((cell) => encodeCell(cell, cell.refs.map(indexOf), size)))
  const head = Buffer.alloc(6 + 3 * size + 4 + roots.length * size)
  head.writeUInt32BE(MAGIC, 0)
  head.writeUInt8(size, 4)
  head.writeUInt8(4, 5)
  head.writeUIntBE(order.length, 6, size)
  head.writeUIntBE(roots.length, 6 + size, size)
  head.writeUInt32BE(data.length, 6 + 3 * size)
  for (const [index, root] of roots.entries()) head.writeUIntBE(indexOf(root), 10 + (3 + index) * size, size)
  return Buffer.concat([head, data])
}

/** Every cell once, each before those it refers to. */
function sortCells(roots: readonly Cell[]): readonly Cell[] {
  const seen = new Set<string>()
  const order: Cell[] = []
  const visit = (cell: Cell): void => {
    const name = cell.hash().toString('hex')
    if (seen.has(name)) return
    seen.add(name)
    for (const child of cell.refs) visit(child)
    order.push(cell)
  }
  for (const root of roots) visit(root)
  return order.reverse()
}

function encodeCell(cell: Cell, refs: readonly number[], size: number): Buffer {
  const bits = cell.bits.length
  const [whole, bytes] = [Math.floor(bits / 8), Math.ceil(bits / 8)]
  const encoded = Buffer.alloc(2 + bytes + refs.length * size)
  encoded.writeUInt8(refs.length + (cell.isExotic ? 8 : 0) + cell.mask.value * 32, 0)
  encoded.writeUInt8(whole + bytes, 1)
  for (let at = 0; at < bits; at += 1) if (cell.bits.at(at)) setBit(encoded, 16 + at)
  // What is missing of the last byte is a set bit and zeros.
  if (whole < bytes) setBit(encoded, 16 + bits)
  for (const [index, ref] of refs.entries()) encoded.writeUIntBE(ref, 2 + bytes + index * size, size)
  return encoded
}

function setBit(bytes: Buffer, at: number): void {
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7))
}

function malformed(why: string, cause?: unknown): ContractError {
  return new ContractError('BOC_MALFORMED', `bag of cells: ${why}`, { cause })
}
