import { AttestationError, type AttestationErrorCode } from './errors.ts'

/** Identifier octets of the ASN.1 types that certificates, CRLs and their extensions are made of (X.690 §8.1.2). */
export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31
} as const

export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  /** Tag, length and content. */
  readonly raw: Uint8Array
}

/**
 * Reads attacker-controlled DER in order (X.690 §10): definite minimal lengths and single-octet tags only, every
 * length inside the buffer. Structures are entered by the caller, so nesting is as deep as the caller's own code.
 * Slices are views, not copies.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #code: AttestationErrorCode
  readonly #end: number
  #offset: number

  /** With `from` and `end`, of this part of the bytes alone. */
  constructor(bytes: Uint8Array, code: AttestationErrorCode = 'DER_MALFORMED', from = 0, end = bytes.byteLength) {
    this.#bytes = bytes
    this.#code = code
    this.#offset = from
    this.#end = end
  }

  get done(): boolean {
    return this.#offset === this.#end
  }

  /** The tag of the next element; undefined at the end. */
  peek(): number | undefined {
    return this.done ? undefined : this.#bytes[this.#offset]
  }

  any(field: string): DerElement {
    const start = this.#offset
    const from = this.#pass(field)
    const content = this.#bytes.subarray(from, this.#offset)
    return { tag: this.#bytes[start] as number, content, raw: this.#bytes.subarray(start, this.#offset) }
  }

  expect(tag: number, field: string): DerElement {
    this.#want(tag, field)
    return this.any(field)
  }

  /** The next element where it has this tag, and nothing is read where it has not. */
  optional(tag: number, field: string): DerElement | undefined {
    return this.peek() === tag ? this.any(field) : undefined
  }

  enter(tag: number, field: string): DerReader {
    this.#want(tag, field)
    const from = this.#pass(field)
    return new DerReader(this.#bytes, this.#code, from, this.#offset)
  }

  within(element: DerElement): DerReader {
    return new DerReader(element.content, this.#code)
  }

  sequence(field: string): DerReader {
    return this.enter(DER_TAG.sequence, field)
  }

  /** The contents of an INTEGER: two's complement, minimal. */
  integer(field: string): Uint8Array {
    const content = this.#content(DER_TAG.integer, field)
    const [first, second] = content
    if (first === undefined) throw this.refuse(`${field}: empty INTEGER`)
    const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    if (padded) throw this.refuse(`${field}: INTEGER is not minimal`)
    return content
  }

  /** An INTEGER in 0..max, where max is at most 2^31 - 1. */
  smallInteger(max: number, field: string): number {
    const content = this.integer(field)
    if (content.byteLength > 4) throw this.refuse(`${field}: INTEGER is too large`)
    const value = content.reduce((total, octet) => total * 256 + octet, 0)
    if ((content[0] ?? 0) >= 0x80 || value > max) throw this.refuse(`${field}: INTEGER is not in 0..${max}`)
    return value
  }

  boolean(field: string): boolean {
    const content = this.#content(DER_TAG.boolean, field)
    if (content.byteLength !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw this.refuse(`${field}: BOOLEAN`)
    return content[0] === 0xff
  }

  octetString(field: string): Uint8Array {
    return this.#content(DER_TAG.octetString, field)
  }

  /** The octets of a BIT STRING without unused bits. */
  bitString(field: string): Uint8Array {
    const content = this.#content(DER_TAG.bitString, field)
    if (content[0] !== 0) throw this.refuse(`${field}: BIT STRING of whole octets wanted`)
    return content.subarray(1)
  }

  /** In dotted decimal form. */
  oid(field: string): string {
    let text = ''
    let arc = 0
    let open = false
    for (const octet of this.#content(DER_TAG.oid, field)) {
      if (!open && octet === 0x80) throw this.refuse(`${field}: OBJECT IDENTIFIER is not minimal`)
      arc = arc * 128 + (octet & 0x7f)
      if (arc > 0xffff_ffff) throw this.refuse(`${field}: OBJECT IDENTIFIER arc is too large`)
      open = octet >= 0x80
      if (open) continue
      text += text === '' ? firstArcs(arc) : `.${arc}`
      arc = 0
    }
    if (open || text === '') throw this.refuse(`${field}: OBJECT IDENTIFIER ends early`)
    return text
  }

  /** A UTCTime or GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows: seconds, and Z. */
  time(field: string): Date {
    const tag = this.peek()
    if (tag !== DER_TAG.utcTime && tag !== DER_TAG.generalizedTime) throw this.refuse(`${field}: time wanted`)
    const bytes = this.#bytes
    const from = this.#pass(field)
    const month = tag === DER_TAG.utcTime ? from + 2 : from + 4
    if (this.#offset !== month + 11 || bytes[month + 10] !== 0x5a) throw this.refuse(`${field}: not in RFC 5280 form`)
    const first = twoDigits(bytes, from)
    const year = tag === DER_TAG.utcTime ? yearOf(first) : first * 100 + twoDigits(bytes, from + 2)
    const date = dateOf(year, bytes, month)
    if (date === undefined) throw this.refuse(`${field}: no such time`)
    return date
  }

  end(field: string): void {
    if (!this.done) throw this.refuse(`${this.#end - this.#offset} octets after ${field}`)
  }

  refuse(message: string): AttestationError {
    return new AttestationError(this.#code, message)
  }

  #want(tag: number, field: string): void {
    const next = this.peek()
    if (next !== tag) throw this.refuse(`${field}: tag ${next ?? 'none'}, ${tag} wanted`)
  }

  #content(tag: number, field: string): Uint8Array {
    this.#want(tag, field)
    const from = this.#pass(field)
    return this.#bytes.subarray(from, this.#offset)
  }

  /** Goes to the end of the next element, and returns where its contents begin. */
  #pass(field: string): number {
    const tag = this.#octet(field)
    if ((tag & 0x1f) === 0x1f) throw this.refuse(`${field}: tag of several octets`)
    const length = this.#length(field)
    const from = this.#offset
    if (length > this.#end - from) throw this.refuse(`${field}: ${length} octets wanted, fewer are left`)
    this.#offset = from + length
    return from
  }

  #octet(field: string): number {
    const octet = this.peek()
    if (octet === undefined) throw this.refuse(`${field}: ends early`)
    this.#offset++
    return octet
  }

  #length(field: string): number {
    const first = this.#octet(field)
    if (first < 0x80) return first
    const count = first & 0x7f
    if (count === 0 || count > 3) throw this.refuse(`${field}: length of ${count} octets`)
    let length = 0
    for (let i = 0; i < count; i++) length = length * 256 + this.#octet(field)
    if (length < 0x80 || length < 256 ** (count - 1)) throw this.refuse(`${field}: length is not minimal`)
    return length
  }
}

/** The first two arcs of an OBJECT IDENTIFIER are one number. */
function firstArcs(arc: number): string {
  const root = Math.min(2, Math.floor(arc / 40))
  return `${root}.${arc - root * 40}`
}

/** Two digits are of 1950 to 2049. */
function yearOf(twoDigits: number): number {
  return twoDigits < 50 ? 2000 + twoDigits : 1900 + twoDigits
}

/** Of ten digits from month to second; undefined where they are no digits or there is no such time. */
function dateOf(year: number, bytes: Uint8Array, at: number): Date | undefined {
  const [month, day] = [twoDigits(bytes, at), twoDigits(bytes, at + 2)]
  const [hour, minute, second] = [twoDigits(bytes, at + 4), twoDigits(bytes, at + 6), twoDigits(bytes, at + 8)]
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Date carries what is too large over into the next field: nothing may have moved.
  const isSuch =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  return isSuch ? date : undefined
}

/** NaN for what is no two decimal digits. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [(bytes[at] ?? 0) - 0x30, (bytes[at + 1] ?? 0) - 0x30]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
