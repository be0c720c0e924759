import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { formatCsv, parseCsv } from './csv.ts'
import { print, printJson } from './print.ts'

/** How one member of a message is written: in JSON and CSV under its own name, in messages as protobuf's loader has it. */
export interface Field {
  /** snake_case. */
  readonly name: string
  readonly kind: 'text' | 'whole' | 'number' | 'amount' | 'hex' | 'list' | 'flag'
  /** Where in the message, for example `prices.prompt`; camelCase of the name when absent. */
  readonly at?: string
}

export type RecordFields = Readonly<Record<string, JsonValue>>

/** A message as people and programs read it. Amounts are decimal digits in a string: they may pass 2^53. */
export function toRecord(message: object, fields: readonly Field[]): RecordFields {
  return Object.fromEntries(fields.map((field) => [field.name, write(valueAt(message, pathOf(field)), field)]))
}

/** The other way. ARGUMENT_INVALID for a member that is not of its kind, or that no field names. */
export function fromRecord(record: Readonly<Record<string, unknown>>, fields: readonly Field[]): object {
  const unknown = Object.keys(record).find((name) => !fields.some((field) => field.name === name))
  if (unknown !== undefined) throw malformed(`${unknown} is none of ${fields.map(({ name }) => name).join(', ')}`)
  const message = {}
  for (const field of fields) {
    const value = record[field.name]
    if (value !== undefined && value !== null && value !== '') put(message, pathOf(field), read(value, field))
  }
  return message
}

/**
 * A file of records: JSON (an array or one object), or CSV. Each is `[what it is called in a complaint, the record]`.
 * ARGUMENT_INVALID for a file that is neither, or has none.
 */
export async function readRecords(
  file: string
): Promise<readonly (readonly [string, Readonly<Record<string, unknown>>])[]> {
  const text = await readFile(resolve(file), 'utf8')
  const parsed: unknown = parseRecords(file, text)
  const records = Array.isArray(parsed) ? parsed : [parsed]
  if (records.length === 0) throw malformed(`${file}: no record is in it`)
  return records.map((record: unknown, index) => {
    if (typeof record !== 'object' || record === null) throw malformed(`${file}: record ${index + 1} is no object`)
    return [`${file}: record ${index + 1}`, record as Readonly<Record<string, unknown>>]
  })
}

function parseRecords(file: string, text: string): unknown {
  const isCsv = /\.csv$/i.test(file)
  try {
    return isCsv ? parseCsv(text) : JSON.parse(text)
  } catch (cause) {
    const why = isCsv && cause instanceof Error ? cause.message : 'no JSON, and its name does not end in .csv'
    throw malformed(`${file}: ${why}`, cause)
  }
}

/** Reads a record out of a file: what is wrong with it says where it stands. */
export function inRecord<Read>(where: string, read: () => Read): Read {
  try {
    return read()
  } catch (cause) {
    throw malformed(
      `${where === '' ? '' : `${where}: `}${cause instanceof Error ? cause.message : 'unreadable'}`,
      cause
    )
  }
}

/** What a server refuses of it says where it stands, too. */
export function inPlace<Answer>(where: string, asked: Promise<Answer>): Promise<Answer> {
  return asked.catch((error: unknown) => {
    if (error instanceof Error && where !== '') error.message = `${where}: ${error.message}`
    throw error
  })
}

function malformed(message: string, cause?: unknown): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', message, { cause })
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
  return kind === 'number' || kind === 'whole' ? Number(value) : String(value)
}

function read(value: unknown, { name, kind }: Field): unknown {
  if (kind === 'list') return Array.isArray(value) ? value.map(String) : String(value).split(/[\s;]+/)
  if (kind === 'hex') return readHex(name, String(value))
  if (kind === 'text') return String(value)
  if (kind === 'flag') return value === true || value === 'true'
  return readNumber(String(value), name, kind)
}

function readNumber(text: string, name: string, kind: 'whole' | 'number' | 'amount'): string | number {
  const [called, pattern] =
    kind === 'number' ? ['a number', /^\d+(?:\.\d+)?$/] : (['a whole number', /^\d{1,19}$/] as const)
  if (!pattern.test(text)) throw malformed(`${name}: ${called} is wanted, not ${JSON.stringify(text)}`)
  if (kind === 'whole' && Number(text) > MOST_WHOLE) throw malformed(`${name}: ${text} is more than ${MOST_WHOLE}`)
  return kind === 'amount' ? text : Number(text)
}

/** protobuf's uint32, which would take the rest of a division of what is more. */
const MOST_WHOLE = 2 ** 32 - 1

function readHex(name: string, text: string): Uint8Array {
  try {
    return decodeHex(text)
  } catch (cause) {
    throw malformed(`${name}: hexadecimal digits are wanted, not ${JSON.stringify(text)}`, cause)
  }
}
