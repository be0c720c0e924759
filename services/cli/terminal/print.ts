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
  return new Date(seconds * 1000).toISOString()
}

export const bold = (text: string): string => styleText('bold', text)
export const dim = (text: string): string => styleText('dim', text)

const STATUS_STYLE = { affirming: 'green', warning: 'yellow', contraindicated: 'red' } as const
const STATUS_MARK = { affirming: '✓', warning: '!', contraindicated: '✗' } as const

/** `✓ affirming`, in colour where the terminal has it. */
export function statusLabel(status: AppraisalResult['status']): string {
  return styleText(STATUS_STYLE[status], `${STATUS_MARK[status]} ${status}`)
}

/** Rows in aligned columns, the first row as a heading; a column of numbers (or nothing) ends at its right. */
export function table(given: readonly (readonly string[])[]): readonly string[] {
  // A line end inside a cell would begin another row.
  const rows = given.map((row) => row.map((cell) => cell.replaceAll(/[\n\r\t]/g, ' ')))
  const [heading = [], ...body] = rows
  const columns = heading.map((_, at) => ({
    width: Math.max(...rows.map((row) => (row[at] ?? '').length)),
    isNumeric: body.length > 0 && body.every((row) => NUMERIC.test(row[at] ?? ''))
  }))
  return rows.map((row, index) => {
    const cells = columns.map(({ width, isNumeric }, at) => {
      const cell = row[at] ?? ''
      return isNumeric ? cell.padStart(width) : cell.padEnd(width)
    })
    const line = cells.join('  ').trimEnd()
    return index === 0 ? bold(line) : line
  })
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
