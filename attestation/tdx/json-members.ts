import { decodeHex } from '../encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import type { JsonValue } from '../jcs.ts'

/** Reads a JSON object that others wrote: each member is demanded in its type, and refused by its name with `code`. */
export class JsonMembers {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #code: AttestationErrorCode
  readonly #path: string

  constructor(value: unknown, code: AttestationErrorCode, path = 'document') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new AttestationError(code, `${path} is not an object`)
    }
    this.#members = value as Readonly<Record<string, unknown>>
    this.#code = code
    this.#path = path
  }

  static parse(text: string, code: AttestationErrorCode): JsonMembers {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw new AttestationError(code, 'not JSON', { cause })
    }
    return new JsonMembers(value, code)
  }

  names(): readonly string[] {
    return Object.keys(this.#members)
  }

  has(member: string): boolean {
    return Object.hasOwn(this.#members, member)
  }

  /** As it is; null where it is absent or null. */
  value(member: string): JsonValue {
    return (this.#own(member) ?? null) as JsonValue
  }

  flag(member: string): boolean {
    const found = this.#own(member)
    if (typeof found !== 'boolean') throw this.#refuse(member, 'true or false')
    return found
  }

  text(member: string): string {
    const found = this.#own(member)
    if (typeof found !== 'string' || !found.isWellFormed()) throw this.#refuse(member, 'a string')
    return found
  }

  /** In 0..max. */
  integer(member: string, max: number): number {
    const found = this.#own(member)
    const isWithin = typeof found === 'number' && Number.isInteger(found) && found >= 0 && found <= max
    if (!isWithin) throw this.#refuse(member, `in 0..${max}`)
    return found
  }

  /** Either case; with `length`, exactly that many bytes. */
  hex(member: string, length?: number): Uint8Array {
    try {
      return decodeHex(this.text(member), length)
    } catch (cause) {
      throw this.#refuse(member, length === undefined ? 'hex' : `${length} bytes of hex`, cause)
    }
  }

  /** ISO 8601 in whole seconds UTC, as Intel writes it. */
  date(member: string): Date {
    const found = this.text(member)
    const date = new Date(found)
    const isExact = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(found) && !Number.isNaN(date.getTime())
    if (!isExact) throw this.#refuse(member, 'a date')
    return date
  }

  object(member: string): JsonMembers {
    return new JsonMembers(this.#own(member), this.#code, `${this.#path}.${member}`)
  }

  objects(member: string, max: number): readonly JsonMembers[] {
    return this.#list(member, max).map((item, i) => new JsonMembers(item, this.#code, `${this.#path}.${member}[${i}]`))
  }

  texts(member: string, max: number): readonly string[] {
    const found = this.#list(member, max)
    if (!found.every((item) => typeof item === 'string')) throw this.#refuse(member, 'a list of strings')
    return found
  }

  #list(member: string, max: number): readonly unknown[] {
    const found = this.#own(member)
    if (!Array.isArray(found) || found.length > max) throw this.#refuse(member, `a list of at most ${max}`)
    return found
  }

  #own(member: string): unknown {
    return this.has(member) ? this.#members[member] : undefined
  }

  #refuse(member: string, wanted: string, cause?: unknown): AttestationError {
    return new AttestationError(this.#code, `${this.#path}.${member} is not ${wanted}`, { cause })
  }
}
