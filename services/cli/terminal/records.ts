import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { formatCsv, parseCsv } from './csv.ts'
import { print, printJson } from './print.ts'

/** How one member of a message is written: in JSON and CSV under its own name, in messages as protobuf's loader has it. */
export interface Field {
  /** snake_case. */
  readonly name: string
  readonly kind: 'text' | 'number' | 'amount' | 'hex' | 'list' | 'flag'
  /** Where in the message, for example `prices.prompt`; camelCase of the name when absent. */
  readonly at?: string
}

export type RecordFields = Readonly<Record<string, JsonValue>>

/** A message as people and programs read it. Amounts are decimal digits in a string: they may pass 2^53. */
export function toRecord(message: object, fields: readonly Field[]): RecordFields {
  return Object.fromEntries(fields.map((field) => [field.name, write(valueAt(message, pathOf(field)), field)]))
}

/** The other way. Throws for a member that is not of its kind, or that no field names. */
export function fromRecord(record: Readonly<Record<string, unknown>>, fields: readonly Field[]): object {
  const unknown = Object.keys(record).find((name) => !fields.some((field) => field.name === name))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${fields.map(({ name }) => name).join(', ')}`)
  const message = {}
  for (const field of fields) {
    const value = record[field.name]
    if (value !== undefined && value !== null && value !== '') put(message, pathOf(field), read(value, field))
  }
  return message
}

/** A file of records: JSON (an array or one object), or CSV. Each is `[what it is called in a complaint, the record]`. */
export async function readRecords(
  file: string
): Promise<readonly (readonly [string, Readonly<Record<string, unknown>>])[]> {
  const text = await readFile(resolve(file), 'utf8')
  const parsed: unknown = /\.csv$/i.test(file) ? parseCsv(text) : JSON.parse(text)
  const records = Array.isArray(parsed) ? parsed : [parsed]
  return records.map((record: unknown, index) => {
    if (typeof record !== 'object' || record === null) throw new Error(`${file}: record ${index + 1} is no object`)
    return [`${file}: record ${index + 1}`, record as Readonly<Record<string, unknown>>]
  })
}

export interface FormatOptions {
  readonly json?: true
  readonly csv?: true
}

/** As JSON or CSV where that is asked for, otherwise as `people` has it. */
export function printRecords(
  records: readonly RecordFields[],
  { json, csv }: FormatOptions,
  people: { readonly names: readonly string[]; readonly show: () => void }
): void {
  if (json === true) printJson(records.map((record) => ({ ...record })))
  else if (csv === true) print(...formatCsv(people.names, records))
  else people.show()
}

function pathOf({ name, at }: Field): readonly string[] {
  return (at ?? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())).split('.')
}

function valueAt(message: object, path: readonly string[]): unknown {
  let value: unknown = message
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  return value
}

function put(message: object, path: readonly string[], value: unknown): void {
  let target = message
  for (const step of path.slice(0, -1)) {
    const inner: unknown = Reflect.get(target, step) ?? {}
    Reflect.set(target, step, inner)
    target = inner as object
  }
  Reflect.set(target, path.at(-1) ?? '', value)
}

function write(value: unknown, { kind }: Field): JsonValue {
  if (value === undefined || value === null) return null
  if (kind === 'hex') return encodeHex(value as Uint8Array)
  if (kind === 'flag') return value === true
  if (kind === 'list') return [...(value as readonly string[])]
  return kind === 'number' ? Number(value) : String(value)
}

function read(value: unknown, { name, kind }: Field): unknown {
  if (kind === 'list') return Array.isArray(value) ? value.map(String) : String(value).split(/[\s;]+/)
  if (kind === 'hex') return decodeHex(String(value))
  if (kind === 'text') return String(value)
  if (kind === 'flag') return value === true || value === 'true'
  const text = String(value)
  if (kind === 'amount' ? !/^\d{1,19}$/.test(text) : !/^\d+(?:\.\d+)?$/.test(text)) {
    throw new Error(`${name}: a number is wanted, not ${JSON.stringify(text)}`)
  }
  return kind === 'amount' ? text : Number(text)
}
