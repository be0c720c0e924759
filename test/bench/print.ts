import { type Ask, isMet, type Result, type Unit } from './compare.ts'
import type { Spread } from './statistics.ts'

const HEADINGS = ['row', 'ours', 'rival', 'by', 'asked', 'reached', 'quartiles', 'beside', 'A/A', 'met?'] as const

/** A Markdown table, in columns that also read well on a terminal. */
export function printTable(results: readonly Result[]): string {
  const rows = [[...HEADINGS], HEADINGS.map(() => '-'), ...results.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (cell === '-' ? '-'.repeat(widths[column] ?? 1) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`
  return rows.map(line).join('\n')
}

function cells(result: Result): string[] {
  const { label, against, by, unit, ours, rival, reached, beside, control, ask } = result
  const compared = control !== undefined
  const ratioUnit = compared ? 'ratio' : unit
  return [
    label,
    amount(ours, unit),
    compared ? `${amount(rival, unit)} (${against})` : against,
    by,
    ask === undefined ? '' : wanted(ask, ratioUnit),
    amount(reached.median, ratioUnit),
    range(reached, ratioUnit),
    beside === undefined ? '' : `${beside.by} ${amount(beside.median, 'ratio')}`,
    control === undefined ? '' : `${number(control.median)} (${number(control.low)}–${number(control.high)})`,
    { true: 'yes', false: 'no', undefined: '' }[String(isMet(result))] ?? ''
  ]
}

function wanted(ask: Ask, unit: Unit): string {
  return 'atMost' in ask ? `≤ ${amount(ask.atMost, unit)}` : `≥ ${amount(ask.atLeast, unit)}`
}

function range({ low, high }: Spread, unit: Unit): string {
  return `${amount(low, unit)} – ${amount(high, unit)}`
}

/** Microseconds, bytes, nanoTON or a ratio as people read it. */
export function amount(value: number, unit: Unit): string {
  if (unit === 'ratio') return `${number(value)} ×`
  if (unit === 'count') return number(value)
  if (unit === 'ton') return `${(value / 1e9).toFixed(5)} TON`
  if (unit === 'bytes') return Math.abs(value) >= 1024 ? `${number(value / 1024)} KiB` : `${number(value)} B`
  return Math.abs(value) >= 1000 ? `${number(value / 1000)} ms` : `${number(value)} µs`
}

function number(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  return value.toFixed(size >= 0.1 ? 2 : 3)
}
