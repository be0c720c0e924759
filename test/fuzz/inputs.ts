import * as fc from 'fast-check'
import { type JsonEdit, jsonEdits, mutateJson } from './json-inputs.ts'
import type { FuzzTarget } from './target.ts'

/** One change of bytes; `at` is taken modulo the length. */
export type ByteEdit =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'number'; readonly at: number; readonly width: number; readonly value: bigint; little: boolean }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number; readonly length: number }

/** Where lengths, counts and times go wrong. */
const EDGES = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0xffff_ffffn, 2n ** 53n, 2n ** 64n - 1n]
/** What opens a level in one of the formats, so that depth costs a byte or two a level. */
const OPENERS = ['[', '{"a":', '0\x80', '\x30\x84\x00\x00', '\x0a\x7f', '-----BEGIN CERTIFICATE-----\n']
const MOST_DEPTH = 40_000
const MOST_NOISE = 70_000

const at = fc.nat(0xff_ffff)
export const byteEdits: fc.Arbitrary<ByteEdit> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    at,
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x30, 0x7f, 0x80, 0xff))
  }),
  fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('remove' as const), at, length: fc.nat(64) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 24 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at, length: fc.nat(96), times: fc.nat(40) }),
  fc.record({
    kind: fc.constant('number' as const),
    at,
    width: fc.constantFrom(1, 2, 3, 4, 8),
    value: fc.constantFrom(...EDGES),
    little: fc.boolean()
  }),
  fc.record({ kind: fc.constant('splice' as const), at, from: at, length: fc.nat(200) })
)

/** Inputs for a target: valid ones with a few changes mostly, and noise. */
export function inputsFor(target: Pick<FuzzTarget, 'seeds' | 'json'>): fc.Arbitrary<Uint8Array> {
  const seed = fc.nat(Math.max(0, target.seeds.length - 1))
  const changed = fc
    .tuple(seed, fc.array(byteEdits, { minLength: 1, maxLength: 4 }))
    .map(([index, edits]) => edits.reduce(applyEdit, target.seeds[index] ?? new Uint8Array(0)))
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(MOST_NOISE), fc.integer()).map(([length, from]) => noiseOf(length, from)),
    fc.tuple(fc.constantFrom(...OPENERS), fc.nat(MOST_DEPTH)).map(([open, depth]) => nested(open, depth)),
    fc.tuple(seed, fc.integer({ min: 2, max: 60 })).map(([index, times]) => repeated(target.seeds[index], times))
  )
  const documents = fc
    .tuple(seed, fc.array(jsonEdits, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([index, edits, canonical]) => documentOf(target.seeds[index], edits, canonical))
  return fc.oneof(
    { weight: 12, arbitrary: changed },
    { weight: target.json === true ? 12 : 0, arbitrary: documents },
    { weight: 1, arbitrary: noise }
  )
}

/** The changed bytes; the seed itself is not written to. */
export function applyEdit(bytes: Uint8Array, edit: ByteEdit): Uint8Array {
  const length = bytes.byteLength
  const place = length === 0 ? 0 : edit.at % length
  const replaced = (end: number, ...parts: readonly Uint8Array[]): Uint8Array =>
    Buffer.concat([bytes.subarray(0, place), ...parts, bytes.subarray(Math.min(end, length))])
  switch (edit.kind) {
    case 'set':
      return replaced(place + 1, Uint8Array.of(edit.byte))
    case 'flip':
      return replaced(place + 1, Uint8Array.of((bytes[place] ?? 0) ^ (1 << edit.bit)))
    case 'cut':
      return bytes.slice(0, place)
    case 'remove':
      return replaced(place + edit.length)
    case 'insert':
      return replaced(place, edit.bytes)
    case 'repeat': {
      const piece = bytes.subarray(place, place + edit.length)
      return replaced(place, ...Array.from({ length: edit.times }, () => piece))
    }
    case 'number':
      return replaced(place + edit.width, numberBytes(edit.value, edit.width, edit.little))
    case 'splice':
      return replaced(place + edit.length, bytes.subarray(edit.from % (length + 1)).subarray(0, edit.length))
  }
}

function numberBytes(value: bigint, width: number, little: boolean): Uint8Array {
  const big = Array.from({ length: width }, (_, index) => Number((value >> BigInt(8 * (width - 1 - index))) & 0xffn))
  return Uint8Array.from(little ? big.reverse() : big)
}

function noiseOf(length: number, from: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = from | 1
  for (let index = 0; index < length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[index] = state
  }
  return bytes
}

function nested(open: string, depth: number): Uint8Array {
  return new Uint8Array(Buffer.from(open.repeat(depth), 'latin1'))
}

function repeated(seed: Uint8Array | undefined, times: number): Uint8Array {
  return new Uint8Array(Buffer.concat(Array.from({ length: times }, () => seed ?? new Uint8Array(0))))
}

function documentOf(seed: Uint8Array | undefined, edits: readonly JsonEdit[], canonical: boolean): Uint8Array {
  return mutateJson(seed ?? new Uint8Array(0), edits, canonical)
}
