import { invalidBody } from './errors.ts'

/** A JSON object as it came: every member is unknown until read. */
export type JsonObject = { readonly [member: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Readers of single members. Absent and null are undefined, as in vLLM; another type is refused as vLLM does. */
export function readString(body: JsonObject, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalidBody(name, 'Input should be a valid string')
  return value
}

export function readNumber(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw invalidBody(name, 'Input should be a valid number')
  return value
}

export function readInteger(body: JsonObject, name: string): number | undefined {
  const value = readNumber(body, name)
  if (value !== undefined && !Number.isInteger(value)) throw invalidBody(name, 'Input should be a valid integer')
  return value
}

export function readBoolean(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false
  if (typeof value !== 'boolean') throw invalidBody(name, 'Input should be a valid boolean')
  return value
}

export function readObject(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw invalidBody(name, 'Input should be a valid dictionary')
  return value
}

export function readList(body: JsonObject, name: string): readonly unknown[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalidBody(name, 'Input should be a valid list')
  return value
}

export function readObjects(body: JsonObject, name: string): readonly JsonObject[] | undefined {
  return readList(body, name)?.map((entry) => {
    if (!isObject(entry)) throw invalidBody(name, 'Input should be a valid dictionary')
    return entry
  })
}
