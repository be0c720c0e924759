import { beginCell, Cell } from '@ton/core'

/** A dictionary of 2^forks entries in `forks` + 1 cells: each fork's two branches are one cell. */
export function endlessDictionary(keyBits: number, forks: number, value: Cell = new Cell()): Cell {
  const rest = keyBits - forks
  // hml_same: the rest of each key is zeros.
  let node = beginCell()
    .storeUint(0b110, 3)
    .storeUint(rest, 32 - Math.clz32(rest))
    .storeSlice(value.beginParse())
    .endCell()
  for (let fork = 0; fork < forks; fork++) node = beginCell().storeUint(0b00, 2).storeRef(node).storeRef(node).endCell()
  return node
}
