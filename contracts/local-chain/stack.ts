import type { Cell, TupleItem } from '@ton/core'
import { parseBoc } from '../state-proof/boc.ts'
import { MESSAGE_LIMITS } from './external.ts'
import { unreadable } from './rpc-error.ts'

/** A get method's arguments as toncenter takes them: `["num", "12"]`, `["tvm.Cell" | "tvm.Slice" | "tvm.Builder", base64]`. */
export function readStack(value: unknown): TupleItem[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > 255) throw unreadable('stack')
  return value.map(readItem)
}

const CELL_KINDS = { 'tvm.Cell': 'cell', 'tvm.Slice': 'slice', 'tvm.Builder': 'builder' } as const

function readItem(item: unknown): TupleItem {
  const [kind, value] = Array.isArray(item) ? item : []
  if (typeof kind !== 'string' || typeof value !== 'string') throw unreadable('stack item')
  if (kind === 'num') return { type: 'int', value: readInteger(value) }
  if (!Object.hasOwn(CELL_KINDS, kind)) throw unreadable(`stack item of kind ${kind.slice(0, 20)}`)
  return { type: CELL_KINDS[kind as keyof typeof CELL_KINDS], cell: readCell(value) }
}

function readInteger(text: string): bigint {
  if (!/^-?(?:0x[0-9a-f]{1,65}|\d{1,78})$/i.test(text)) throw unreadable('number')
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)
  if (BigInt.asIntN(257, value) !== value) throw unreadable('number')
  return value
}

/** One cell from base64 of its BoC. */
export function readCell(text: string): Cell {
  try {
    const roots = parseBoc(Buffer.from(text, 'base64'), MESSAGE_LIMITS)
    const [cell] = roots
    if (cell !== undefined && roots.length === 1) return cell
  } catch {
    // The refusal says as much as the cause would.
  }
  throw unreadable('cell')
}

/** Results as toncenter gives them. */
export function stackJson(items: readonly TupleItem[]): unknown[] {
  return items.map((item) => {
    switch (item.type) {
      case 'int':
        return ['num', hexNumber(item.value)]
      case 'nan':
        return ['num', 'NaN']
      case 'null':
        return ['list', { '@type': 'tvm.list', elements: [] }]
      case 'tuple':
        return ['tuple', { '@type': 'tvm.tuple', elements: item.items.map(elementJson) }]
      default:
        return [item.type, { bytes: boc(item.cell) }]
    }
  })
}

function elementJson(item: TupleItem): unknown {
  switch (item.type) {
    case 'int':
      return { '@type': 'tvm.stackEntryNumber', number: { '@type': 'tvm.numberDecimal', number: String(item.value) } }
    case 'tuple':
      return { '@type': 'tvm.stackEntryTuple', tuple: { '@type': 'tvm.tuple', elements: item.items.map(elementJson) } }
    case 'cell':
    case 'builder':
      return { '@type': 'tvm.stackEntryCell', cell: { '@type': 'tvm.cell', bytes: boc(item.cell) } }
    case 'slice':
      return { '@type': 'tvm.stackEntrySlice', slice: { '@type': 'tvm.slice', bytes: boc(item.cell) } }
    default:
      return { '@type': 'tvm.stackEntryList', list: { '@type': 'tvm.list', elements: [] } }
  }
}

const hexNumber = (value: bigint): string => (value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`)
const boc = (cell: Cell): string => cell.toBoc().toString('base64')
