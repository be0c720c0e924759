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
  #offset = 0

  constructor(bytes: Uint8Array, code: AttestationErrorCode = 'DER_MALFORMED') {
    this.#bytes = bytes
    this.#code = code
  }

  get done(): boolean {
    return this.#offset === this.#bytes.byteLength
  }

  /** The tag of the next element; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#offset]
  }

  any(field: string): DerElement {
    const start = this.#offset
    const tag = this.#octet(field)
    if ((tag & 0x1f) === 0x1f) throw this.refuse(`${field}: tag of several octets`)
    const length = this.#length(field)
    const from = this.#offset
    if (length > this.#bytes.byteLength - from) throw this.refuse(`${field}: ${length} octets wanted, fewer are left`)
    this.#offset = from + length
    return { tag, content: this.#bytes.subarray(from, this.#offset), raw: this.#bytes.subarray(start, this.#offset) }
  }

  expect(tag: number, field: string): DerElement {
    const next = this.peek()
    if (next !== tag) throw this.refuse(`${field}: tag ${next ?? 'none'}, ${tag} wanted`)
    return this.any(field)
  }

  /** The next element where it has this tag, and nothing is read where it has not. */
  optional(tag: number, field: string): DerElement | undefined {
    return this.peek() === tag ? this.any(field) : undefined
  }

  enter(tag: number, field: string): DerReader {
    return this.within(this.expect(tag, field))
  }

  within(element: DerElement): DerReader {
    return new DerReader(element.content, this.#code)
  }

  sequence(field: string): DerReader {
    return this.enter(DER_TAG.sequence, field)
  }

  /** The contents of an INTEGER: two's complement, minimal. */
  integer(field: string): Uint8Array {
    const { content } = this.expect(DER_TAG.integer, field)
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
    const { content } = this.expect(DER_TAG.boolean, field)
    if (content.byteLength !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw this.refuse(`${field}: BOOLEAN`)
    return content[0] === 0xff
  }

  octetString(field: string): Uint8Array {
    return this.expect(DER_TAG.octetString, field).content
  }

  /** The octets of a BIT STRING without unused bits. */
  bitString(field: string): Uint8Array {
    const { content } = this.expect(DER_TAG.bitString, field)
    if (content[0] !== 0) throw this.refuse(`${field}: BIT STRING of whole octets wanted`)
    return content.subarray(1)
  }

  /** In dotted decimal form. */
  oid(field: string): string {
    const { content } = this.expect(DER_TAG.oid, field)
    const arcs = this.#arcs(content, field)
    const first = arcs[0] ?? 0
    const root = Math.min(2, Math.floor(first / 40))
    return [root, first - root * 40, ...arcs.slice(1)].join('.')
  }

  /** A UTCTime or GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows: seconds, and Z. */
  time(field: string): Date {
    const { tag, content } = this.any(field)
    if (tag !== DER_TAG.utcTime && tag !== DER_TAG.generalizedTime) throw this.refuse(`${field}: time wanted`)
    const text = String.fromCharCode(...content.subarray(0, 16))
    const digits = tag === DER_TAG.utcTime ? `${text < '50' ? '20' : '19'}${text}` : text
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(content.byteLength > 16 ? '' : digits)
    if (match === null) throw this.refuse(`${field}: time is not in RFC 5280 form`)
    const [, year, month, day, hour, minute, second] = match
    const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
    const date = new Date(iso)
    if (Number.isNaN(date.getTime()) || date.toISOString() !== iso) throw this.refuse(`${field}: no such time`)
    return date
  }

  end(field: string): void {
    if (!this.done) throw this.refuse(`${this.#bytes.byteLength - this.#offset} octets after ${field}`)
  }

  refuse(message: string): AttestationError {
    return new AttestationError(this.#code, message)
  }

  #octet(field: string): number {
    const octet = this.#bytes[this.#offset]
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
