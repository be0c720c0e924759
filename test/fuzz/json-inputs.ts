import * as fc from 'fast-check'
import { encodeJcs, type JsonValue } from '../../attestation/jcs.ts'

/** One change of a document, at one of its members; `member` is taken modulo their number. */
export interface JsonEdit {
  readonly member: number
  readonly change: 'replace' | 'delete' | 'rename' | 'add' | 'move'
  readonly value: JsonValue
}

type Container = { [member: string]: JsonValue } | JsonValue[]

const ODD_VALUES: readonly JsonValue[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  2 ** 64,
  '',
  '0',
  '00',
  'zz',
  '\ud800',
  '\u0000',
  'sha256:',
  '9'.repeat(400),
  'a'.repeat(70_000),
  [],
  [[]],
  {},
  { __proto__: null, a: 1 },
  Array.from({ length: 2_000 }, () => 0)
]
const NAMES = ['__proto__', 'constructor', 'toString', 'length', 'v', '', 'zzz']

export const jsonEdits: fc.Arbitrary<JsonEdit> = fc.record({
  member: fc.nat(10_000),
  change: fc.constantFrom('replace', 'replace', 'replace', 'delete', 'rename', 'add', 'move'),
  value: fc.oneof(
    fc.constantFrom(...ODD_VALUES),
    fc.integer(),
    fc.string({ maxLength: 20 }),
    fc.tuple(fc.nat(1_500), fc.boolean()).map(([depth, list]) => deep(depth, list))
  )
})

/** The document changed, in RFC 8785 form where asked, which signed and hashed documents must be in. */
export function mutateJson(seed: Uint8Array, edits: readonly JsonEdit[], canonical: boolean): Uint8Array {
  let document = JSON.parse(Buffer.from(seed).toString()) as JsonValue
  for (const edit of edits) document = applyEdit(document, edit)
  try {
    return canonical ? encodeJcs(document) : new Uint8Array(Buffer.from(JSON.stringify(document)))
  } catch {
    // A lone surrogate or too deep a value has no such form.
    return new Uint8Array(Buffer.from(JSON.stringify(document)))
  }
}

function applyEdit(document: JsonValue, { member, change, value: given }: JsonEdit): JsonValue {
  // Values are shared between edits, and a later edit may change what an earlier one put in.
  const value = structuredClone(given)
  const places = placesOf(document)
  const place = places[member % Math.max(1, places.length)]
  if (place === undefined) return value
  const { container, key } = place
  const other = NAMES[member % NAMES.length] ?? ''
  if (change === 'replace') set(container, key, value)
  else if (change === 'delete') remove(container, key)
  else if (change === 'add') set(container, Array.isArray(container) ? String(container.length) : other, value)
  else if (change === 'rename') {
    const held = get(container, key)
    remove(container, key)
    set(container, Array.isArray(container) ? '0' : other, held)
  } else {
    const from = places[(member * 7 + 3) % places.length]
    if (from !== undefined) set(container, key, structuredClone(get(from.container, from.key)))
  }
  return document
}

/** Every member of every object and list, outermost first. */
function placesOf(document: JsonValue): readonly { readonly container: Container; readonly key: string }[] {
  const places: { container: Container; key: string }[] = []
  const open: JsonValue[] = [document]
  for (const value of open) {
    if (typeof value !== 'object' || value === null || places.length > 3_000) continue
    const container = value as Container
    for (const key of Object.keys(container)) {
      places.push({ container, key })
      open.push(get(container, key))
    }
  }
  return places
}

function get(container: Container, key: string): JsonValue {
  return (container as { [member: string]: JsonValue })[key] ?? null
}

function set(container: Container, key: string, value: JsonValue): void {
  Object.defineProperty(container, key, { value, configurable: true, enumerable: true, writable: true })
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(Number(key), 1)
  else delete container[key]
}

function deep(depth: number, list: boolean): JsonValue {
  let value: JsonValue = 0
  for (let level = 0; level < depth; level++) value = list ? [value] : { a: value }
  return value
}
