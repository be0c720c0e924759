import { decodeBase64, encodeBase64, encodeHex } from '../encoding.ts'
import type { JsonValue } from '../jcs.ts'

/** A refusal of a JSON document; `at` is the path of the member. The reader of the document gives it its code. */
export class ShapeError extends Error {
  constructor(at: string, wanted: string, options?: ErrorOptions) {
    super(`${at === '' ? 'document' : at}: ${wanted}`, options)
    this.name = 'ShapeError'
  }
}

/** One description of a JSON value: how it is read, how it is written, and its published JSON schema. */
export interface Shape<T> {
  readonly schema: { readonly [member: string]: JsonValue }
  read(value: JsonValue | undefined, at: string): T
  write(value: T): JsonValue
}

export type Read<S> = S extends Shape<infer T> ? T : never

export function constant<const T extends string | number>(value: T): Shape<T> {
  return oneOf([value])
}

export function oneOf<const T extends string | number>(values: readonly T[]): Shape<T> {
  return {
    schema: values.length === 1 ? { const: values[0] as T } : { enum: values },
    read(value, at) {
      const found = values.find((candidate) => candidate === value)
      if (found === undefined) throw new ShapeError(at, `one of ${values.join(', ')} wanted`)
      return found
    },
    write: (value) => value
  }
}

export const flag: Shape<boolean> = {
  schema: { type: 'boolean' },
  read(value, at) {
    if (typeof value !== 'boolean') throw new ShapeError(at, 'true or false wanted')
    return value
  },
  write: (value) => value
}

export function integer(minimum: number, maximum: number): Shape<number> {
  return {
    schema: { type: 'integer', minimum, maximum },
    read(value, at) {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
        throw new ShapeError(at, `an integer in ${minimum}..${maximum} wanted`)
      }
      return value
    },
    write: (value) => value
  }
}

/** Unix seconds in the document. */
export const unixTime: Shape<Date> = {
  schema: { type: 'integer', minimum: 0, maximum: 0xffff_ffff },
  read: (value, at) => new Date(integer(0, 0xffff_ffff).read(value, at) * 1000),
  write: (value) => Math.floor(value.getTime() / 1000)
}

export function text(pattern: string, maxLength: number): Shape<string> {
  const expression = new RegExp(pattern, 'u')
  return {
    schema: { type: 'string', pattern, maxLength },
    read(value, at) {
      // Half a character (a lone surrogate) has neither UTF-8 nor RFC 8785 form.
      if (typeof value !== 'string' || value.length > maxLength || !value.isWellFormed() || !expression.test(value)) {
        throw new ShapeError(at, `text of at most ${maxLength} characters that matches ${pattern} wanted`)
      }
      return value
    },
    write: (value) => value
  }
}

/** Lower-case hex of exactly `length` bytes, after `prefix`. */
export function hex(length: number, prefix = ''): Shape<Uint8Array> {
  const pattern = `^${prefix}[0-9a-f]{${length * 2}}$`
  const expression = new RegExp(pattern)
  return {
    schema: { type: 'string', pattern },
    read(value, at) {
      if (typeof value !== 'string' || !expression.test(value))
        throw new ShapeError(at, `characters that match ${pattern} wanted`)
      return new Uint8Array(Buffer.from(value.slice(prefix.length), 'hex'))
    },
    write: (value) => `${prefix}${encodeHex(value)}`
  }
}

/** Standard base64 with padding, in its canonical form. */
export function base64(maxBytes: number): Shape<Uint8Array> {
  const maxLength = Math.ceil(maxBytes / 3) * 4
  return {
    schema: { type: 'string', contentEncoding: 'base64', maxLength },
    read(value, at) {
      if (typeof value !== 'string' || value.length > maxLength) {
        throw new ShapeError(at, `base64 of at most ${maxBytes} bytes wanted`)
      }
      const bytes = readBase64(value, at)
      if (bytes.byteLength > maxBytes) throw new ShapeError(at, `base64 of at most ${maxBytes} bytes wanted`)
      return bytes
    },
    write: (value) => encodeBase64(value)
  }
}

export function list<T>(item: Shape<T>, maxItems: number): Shape<readonly T[]> {
  return {
    schema: { type: 'array', items: item.schema, maxItems },
    read(value, at) {
      if (!Array.isArray(value)) throw new ShapeError(at, 'a list wanted')
      if (value.length > maxItems) throw new ShapeError(at, `at most ${maxItems} items wanted`)
      return value.map((entry: JsonValue, index) => item.read(entry, `${at}[${index}]`))
    },
    write: (value) => value.map((entry) => item.write(entry))
  }
}

/** A value, or null where there is none. */
export function nullable<T>(inner: Shape<T>): Shape<T | null> {
  return {
    schema: { anyOf: [inner.schema, { type: 'null' }] },
    read: (value, at) => (value === null ? null : inner.read(value, at)),
    write: (value) => (value === null ? null : inner.write(value))
  }
}

/** One of the words, or what `inner` describes. */
export function wordOr<const W extends string, T>(words: readonly W[], inner: Shape<T>): Shape<W | T> {
  const isWord = (value: unknown): value is W => words.some((word) => word === value)
  return {
    schema: { anyOf: [...words.map((word) => ({ const: word })), inner.schema] },
    read: (value, at) => (isWord(value) ? value : inner.read(value, at)),
    write: (value) => (isWord(value) ? value : inner.write(value))
  }
}

export type Members = { readonly [member: string]: Shape<never> | Shape<unknown> }
export type ReadMembers<M> = { readonly [K in keyof M]: Read<M[K]> }

/** An object with exactly these members, written in RFC 8785's order. A camelCase name here is snake_case in the document. */
export function object<M extends Members>(members: M): Shape<ReadMembers<M>> {
  const fields = Object.entries(members).map(([name, shape]) => ({
    name,
    member: snakeCase(name),
    shape: shape as Shape<unknown>
  }))
  const ordered = fields.toSorted((a, b) => (a.member < b.member ? -1 : 1))
  const known = new Set(fields.map((field) => field.member))
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.member, field.shape.schema])),
      required: [...known],
      additionalProperties: false
    },
    read(value, at) {
      const source = readObject(value, at)
      for (const member of Object.keys(source)) {
        if (!known.has(member)) throw new ShapeError(path(at, member), 'no such field')
      }
      const read: Record<string, unknown> = {}
      for (const { name, member, shape } of fields) {
        if (!Object.hasOwn(source, member)) throw new ShapeError(path(at, member), 'missing')
        read[name] = shape.read(source[member], path(at, member))
      }
      return Object.freeze(read) as ReadMembers<M>
    },
    write(value) {
      const source = value as { readonly [name: string]: unknown }
      const written: Record<string, JsonValue> = {}
      for (const { name, member, shape } of ordered) written[member] = shape.write(source[name])
      return written
    }
  }
}

/** One of several objects, told apart by their constant member `kind`. */
export function union<S extends Shape<{ readonly kind: string }>>(
  variants: Readonly<Record<string, S>>
): Shape<Read<S>> {
  return {
    schema: { oneOf: Object.values(variants).map((variant) => variant.schema) },
    read(value, at) {
      const kind = readObject(value, at)['kind']
      const variant = typeof kind === 'string' && Object.hasOwn(variants, kind) ? variants[kind] : undefined
      if (variant === undefined) {
        throw new ShapeError(path(at, 'kind'), `one of ${Object.keys(variants).join(', ')} wanted`)
      }
      return variant.read(value, at) as Read<S>
    },
    write: (value) => (variants[(value as { readonly kind: string }).kind] as Shape<unknown>).write(value)
  }
}

function readBase64(value: string, at: string): Uint8Array {
  try {
    return decodeBase64(value)
  } catch (cause) {
    throw new ShapeError(at, 'not canonical base64', { cause })
  }
}

function readObject(value: JsonValue | undefined, at: string): { readonly [member: string]: JsonValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(at, 'an object wanted')
  return value as { readonly [member: string]: JsonValue }
}

function path(at: string, member: string): string {
  return at === '' ? member : `${at}.${member}`
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
