import { AttestationError } from '../errors.ts'
import { MAX_TREE_SIZE } from './tree-size.ts'

/** A full tile is the lowest row of a subtree of this height. */
export const TILE_HEIGHT = 8
export const TILE_WIDTH = 256

/** A tile of hashes (`level` from 0), or the bundle of the entries below tile `index` of level 0; 256 wide when full. */
export interface TileId {
  readonly level: number | 'entries'
  readonly index: bigint
  readonly width: number
}

const MAX_LEVEL = 63
const GROUP = 1000n
const MAX_PATH = 64

/** C2SP tlog-tiles: `tile/<L>/<N>` with `.p/<W>` where it is partial; N in groups of three digits, all but the last after an `x`. */
export function tilePath({ level, index, width }: TileId): string {
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`
  return `tile/${level}/${indexPath(index)}${partial}`
}

/** Reads a path that `tilePath` writes, and only its one form. Throws `TILE_MALFORMED`. */
export function parseTilePath(path: string): TileId {
  // The path is a stranger's: bounded before it is matched.
  const match = path.length > MAX_PATH ? null : PATH.exec(path)
  if (match === null) throw malformed('not the path of a tile')
  const { level = '', groups = '', last = '', width } = match.groups ?? {}
  const digits = groups.replaceAll(/[x/]/g, '') + last
  const tile: TileId = {
    level: level === 'entries' ? level : Number(level),
    index: BigInt(digits),
    width: width === undefined ? TILE_WIDTH : Number(width)
  }
  if (typeof tile.level === 'number' && tile.level > MAX_LEVEL) throw malformed(`level ${tile.level}`)
  if (tile.width > TILE_WIDTH - 1 && width !== undefined) throw malformed(`a partial tile of ${tile.width}`)
  if (tile.index > MAX_TREE_SIZE) throw malformed(`index ${tile.index}`)
  if (tilePath(tile) !== path) throw malformed('not the one form of its path')
  return tile
}

/** Every level of a tree of this size: how many full tiles it has, and how wide the partial one after them is (0: none). */
export function tileLevels(
  treeSize: bigint
): readonly { readonly level: number; readonly full: bigint; readonly partial: number }[] {
  const levels = []
  for (let level = 0, row = treeSize; row > 0n; level++, row >>= BigInt(TILE_HEIGHT)) {
    levels.push({ level, full: row >> BigInt(TILE_HEIGHT), partial: Number(row & BigInt(TILE_WIDTH - 1)) })
  }
  return levels
}

/** How wide a tile is in a tree of this size: 0 where it does not exist, 256 where it is full. */
export function tileWidth(level: number, index: bigint, treeSize: bigint): number {
  const row = treeSize >> BigInt(level * TILE_HEIGHT)
  const width = row - index * BigInt(TILE_WIDTH)
  return width <= 0n ? 0 : width >= BigInt(TILE_WIDTH) ? TILE_WIDTH : Number(width)
}

const PATH =
  /^tile\/(?<level>entries|[0-9]{1,2})\/(?<groups>(?:x[0-9]{3}\/)*)(?<last>[0-9]{3})(?:\.p\/(?<width>[1-9][0-9]{0,2}))?$/

function indexPath(index: bigint): string {
  const last = (index % GROUP).toString().padStart(3, '0')
  let path = last
  for (let rest = index / GROUP; rest > 0n; rest /= GROUP)
    path = `x${(rest % GROUP).toString().padStart(3, '0')}/${path}`
  return path
}

function malformed(message: string): AttestationError {
  return new AttestationError('TILE_MALFORMED', message)
}
