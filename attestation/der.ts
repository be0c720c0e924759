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
    const arcs = this.#arcs(this.#content(DER_TAG.oid, field), field)
    const first = arcs[0] ?? 0
    const root = Math.min(2, Math.floor(first / 40))
    return [root, first - root * 40, ...arcs.slice(1)].join('.')
  }

  /** A UTCTime or GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows: seconds, and Z. */
  time(field: string): Date {
    const { tag, content } = this.any(field)
    if (tag !== DER_TAG.utcTime && tag !== DER_TAG.generalizedTime) throw this.refuse(`${field}: time wanted`)
    const fields = tag === DER_TAG.utcTime ? 6 : 7
    const pairs = readPairs(content, fields)
    if (pairs === undefined) throw this.refuse(`${field}: time is not in RFC 5280 form`)
    const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = pairs.slice(fields - 5)
    const date = new Date(0)
    date.setUTCFullYear(readYear(pairs.slice(0, fields - 5)), month - 1, day)
    date.setUTCHours(hour, minute, second)
    // Date carries what is too large over into the next field: nothing may have moved.
    const isSuch =
      month >= 1 &&
      day >= 1 &&
      date.getUTCMonth() === month - 1 &&
      date.getUTCDate() === day &&
      hour < 24 &&
      minute < 60 &&
      second < 60
    if (!isSuch) throw this.refuse(`${field}: no such time`)
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

  #arcs(content: Uint8Array, field: string): number[] {
    const arcs: number[] = []
    let arc = 0
    let open = false
    for (const octet of content) {
      if (!open && octet === 0x80) throw this.refuse(`${field}: OBJECT IDENTIFIER is not minimal`)
      arc = arc * 128 + (octet & 0x7f)
      if (arc > 0xffff_ffff) throw this.refuse(`${field}: OBJECT IDENTIFIER arc is too large`)
      open = octet >= 0x80
      if (open) continue
      arcs.push(arc)
      arc = 0
    }
    if (open || arcs.length === 0) throw this.refuse(`${field}: OBJECT IDENTIFIER ends early`)
    return arcs
  }
}

/** The values of `count` pairs of decimal digits, after which is Z and no more; undefined for anything else. */
function readPairs(content: Uint8Array, count: number): number[] | undefined {
  if (content.byteLength !== 2 * count + 1 || content[2 * count] !== 0x5a) return undefined
  const pairs: number[] = []
  for (let i = 0; i < 2 * count; i += 2) {
    const [tens, ones] = [(content[i] as number) - 0x30, (content[i + 1] as number) - 0x30]
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return undefined
    pairs.push(tens * 10 + ones)
  }
  return pairs
}

/** Two digits are of 1950 to 2049. */
function readYear([first = 0, second]: readonly number[]): number {
  if (second !== undefined) return first * 100 + second
  return first < 50 ? 2000 + first : 1900 + first
}
