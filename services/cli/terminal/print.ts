import { styleText } from 'node:util'
import type { JsonValue } from '../../../attestation/jcs.ts'
import type { AppraisalResult } from '../../../attestation/result.ts'
import { printable } from './printable.ts'

/** Standard output, where a command's answer goes; everything else goes to standard error. */
export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${printable(line)}\n`)
}

/** Whatever a terminal would obey stands in it as an escape of JSON's. */
export function printJson(value: JsonValue): void {
  const text = JSON.stringify(value, null, 2)
  print(text.replaceAll(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escapeOf))
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A piece of an answer as it comes: whoever reads it in a terminal is shown what a terminal would obey, a program gets it as it is. */
export function printPiece(text: string): void {
  process.stdout.write(process.stdout.isTTY ? printable(text.replaceAll('\u001b', '\ufffd')) : text)
}

export function warn(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${printable(line)}\n`)
}

/** Unix seconds as people read them. */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

export const bold = (text: string): string => styleText('bold', text)
export const dim = (text: string): string => styleText('dim', text)

const STATUS_STYLE = { affirming: 'green', warning: 'yellow', contraindicated: 'red' } as const
const STATUS_MARK = { affirming: '✓', warning: '!', contraindicated: '✗' } as const

/** `✓ affirming`, in colour where the terminal has it. */
export function statusLabel(status: AppraisalResult['status']): string {
  return styleText(STATUS_STYLE[status], `${STATUS_MARK[status]} ${status}`)
}

/**
 * Rows in aligned columns, the first row as a heading; a column of numbers (or nothing) ends at its right. A terminal that is
 * narrower gets cells of several lines; a file, another program, or a terminal that does not say how wide it is, one line a row.
 */
export function table(
  given: readonly (readonly string[])[],
  width: number = process.stdout.columns || Number.POSITIVE_INFINITY
): readonly string[] {
  // A line end inside a cell would begin another row.
  const rows = given.map((row) => row.map((cell) => cell.replaceAll(/[\n\r\t]/g, ' ')))
  const [heading = [], ...body] = rows
  const isNumeric = heading.map((_, at) => body.length > 0 && body.every((row) => NUMERIC.test(row[at] ?? '')))
  const widths = columnWidths(rows, isNumeric, width)
  return rows.map((row, index) => {
    const cells = widths.map((most, at) => foldCell(row[at] ?? '', most))
    const height = Math.max(1, ...cells.map((lines) => lines.length))
    const lines = Array.from({ length: height }, (_, n) => {
      const parts = cells.map((own, at) => {
        const [text, most] = [own[n] ?? '', widths[at] ?? 0]
        return isNumeric[at] === true ? text.padStart(most) : text.padEnd(most)
      })
      return parts.join('  ').trimEnd()
    })
    return index === 0 ? bold(lines.join('\n')) : lines.join('\n')
  })
}

/** As wide as what is in them; where that is more than there is, the widest give way down to their longest piece. */
function columnWidths(
  rows: readonly (readonly string[])[],
  isNumeric: readonly boolean[],
  width: number
): readonly number[] {
  const columns = isNumeric.map((numeric, at) => {
    const cells = rows.map((row) => row[at] ?? '')
    // Numbers are never folded, their headings are.
    const pieces = cells.flatMap((cell, index) => (numeric && index > 0 ? [cell] : piecesOf(cell)))
    const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.trimEnd().length))
    return { now: longest(cells), least: longest(pieces) }
  })
  let excess = columns.reduce((sum, { now }) => sum + now + 2, -2) - width
  while (excess > 0) {
    const [widest] = columns.filter(({ now, least }) => now > least).toSorted((a, b) => b.now - a.now)
    if (widest === undefined) break
    widest.now--
    excess--
  }
  return columns.map(({ now }) => now)
}

/** Addresses and digests stay whole, so that they can be copied. */
const LONGEST_FOLDED = 40

/** Where a line may end: after a space, and inside a name after `/` or `-`. */
function piecesOf(text: string): readonly string[] {
  return text.split(/(?<= )/).flatMap((word) => (word.length > LONGEST_FOLDED ? [word] : word.split(/(?<=[/-])/)))
}

function foldCell(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text]
  const lines = ['']
  for (const piece of piecesOf(text)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && (line + piece).trimEnd().length > width) lines.push(piece)
    else lines[lines.length - 1] = line + piece
  }
  return lines.map((line) => line.trimEnd())
}

/** `-1,234.5`, with a unit behind it or without. */
const NUMERIC = /^(?:[-+]?\d[\d.,]*(?: \S+)?)?$/

/** Text in lines of at most `width` columns, `indent` before each but the first. */
export function wrap(text: string, width: number, indent: string): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + word.length + 1 > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${indent}`)
}
