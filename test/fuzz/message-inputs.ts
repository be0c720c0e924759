import * as fc from 'fast-check'
import { applyEdit, type ByteEdit, byteEdits } from './inputs.ts'

/** A message as proto-loader takes it. */
export type Message = Readonly<Record<string, unknown>>

interface FieldEdit {
  readonly field: number
  readonly bytes: readonly ByteEdit[]
  readonly text: string
  readonly number: number
  /** Of 64 bits. */
  readonly long: string
}

const TEXTS = [
  '',
  '\u0000',
  '-1',
  '0',
  '18446744073709551615',
  'a'.repeat(5_000),
  '\ud800',
  'ü'.repeat(300),
  '../..',
  "'"
]
const NUMBERS = [0, 1, 9, 255, 65_536, 2 ** 31 - 1, 2 ** 32 - 1]
const LONGS = [...NUMBERS, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].map(String)

const fieldEdit: fc.Arbitrary<FieldEdit> = fc.record({
  field: fc.nat(200),
  bytes: fc.array(byteEdits, { minLength: 1, maxLength: 3 }),
  text: fc.oneof(fc.constantFrom(...TEXTS), fc.string({ maxLength: 40 })),
  number: fc.constantFrom(...NUMBERS),
  long: fc.constantFrom(...LONGS)
})

/** Messages that are well formed as protobuf and wrong in one field or a few. */
export function messageInputs(
  messages: readonly Message[],
  serialize: (message: Message) => Uint8Array
): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...messages), fc.array(fieldEdit, { minLength: 1, maxLength: 3 }))
    .map(([message, edits]) => serialize(edits.reduce((changed, edit) => applyFieldEdit(changed, edit), message)))
}

function applyFieldEdit(message: Message, edit: FieldEdit): Message {
  const names = Object.keys(message)
  const name = names[edit.field % Math.max(1, names.length)]
  if (name === undefined) return message
  return { ...message, [name]: changed(message[name], edit) }
}

function changed(value: unknown, edit: FieldEdit): unknown {
  if (value instanceof Uint8Array) return edit.bytes.reduce(applyEdit, value)
  if (typeof value === 'number') return edit.number
  if (typeof value === 'string') return /^\d+$/.test(value) ? edit.long : edit.text
  const inner = { ...edit, field: Math.floor(edit.field / 5) }
  if (Array.isArray(value)) return changedList(value, inner)
  return typeof value === 'object' && value !== null ? applyFieldEdit(value as Message, inner) : value
}

/** One of them changed, all of them many times, or none. */
function changedList(values: readonly unknown[], edit: FieldEdit): unknown {
  if (edit.number === 0 || values.length === 0) return []
  if (edit.number > 255) return Array.from({ length: 200 }, (_, index) => values[index % values.length])
  const at = edit.field % Math.max(1, values.length)
  return values.map((value, index) => (index === at ? changed(value, edit) : value))
}
