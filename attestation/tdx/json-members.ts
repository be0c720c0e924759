import { decodeHex } from '../encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../errors.ts'

/** The members of a JSON object that others wrote: each is demanded in its type, and refused by name. */
export interface JsonMembers {
  has(member: string): boolean
  text(member: string): string
  /** In 0..max. */
  integer(member: string, max: number): number
  /** Either case; with `length`, exactly that many bytes. */
  hex(member: string, length?: number): Uint8Array
  /** ISO 8601 in whole seconds UTC, as Intel writes it. */
  date(member: string): Date
  object(member: string): JsonMembers
  objects(member: string, max: number): readonly JsonMembers[]
  texts(member: string, max: number): readonly string[]
}

export function parseJsonMembers(text: string, code: AttestationErrorCode): JsonMembers {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new AttestationError(code, 'not JSON', { cause })
  }
  return jsonMembers(value, code, 'document')
}

export function jsonMembers(value: unknown, code: AttestationErrorCode, what: string): JsonMembers {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AttestationError(code, `${what} is not an object`)
  }
  const record: Readonly<Record<string, unknown>> = value as Readonly<Record<string, unknown>>
  const refuse = (member: string, wanted: string, cause?: unknown) =>
    new AttestationError(code, `${what}.${member} is not ${wanted}`, { cause })
  const text = (member: string): string => {
    const found = Object.hasOwn(record, member) ? record[member] : undefined
    if (typeof found !== 'string' || !found.isWellFormed()) throw refuse(member, 'a string')
    return found
  }
  const list = (member: string, max: number): readonly unknown[] => {
    const found = Object.hasOwn(record, member) ? record[member] : undefined
    if (!Array.isArray(found) || found.length > max) throw refuse(member, `a list of at most ${max}`)
    return found
  }
  return {
    has: (member) => Object.hasOwn(record, member),
    text,
    integer: (member, max) => {
      const found = Object.hasOwn(record, member) ? record[member] : undefined
      const isWithin = typeof found === 'number' && Number.isInteger(found) && found >= 0 && found <= max
      if (!isWithin) throw refuse(member, `in 0..${max}`)
      return found
    },
    hex: (member, length) => {
      try {
        return decodeHex(text(member), length)
      } catch (cause) {
        throw refuse(member, length === undefined ? 'hex' : `${length} bytes of hex`, cause)
      }
    },
    date: (member) => {
      const found = text(member)
      const date = new Date(found)
      const isExact = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(found) && !Number.isNaN(date.getTime())
      if (!isExact) throw refuse(member, 'a date')
      return date
    },
    object: (member) => jsonMembers(record[member], code, `${what}.${member}`),
    objects: (member, max) => list(member, max).map((item, i) => jsonMembers(item, code, `${what}.${member}[${i}]`)),
    texts: (member, max) => {
      const found = list(member, max)
      if (!found.every((item) => typeof item === 'string')) throw refuse(member, 'a list of strings')
      return found
    }
  }
}
