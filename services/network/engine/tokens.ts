import { badRequest } from './errors.ts'

/**
 * The stand-in's tokenizer: at most four printable ASCII characters with the space before them, or one character of any
 * other kind. A token's id holds its bytes (at most five), so that ids turn back into text without a vocabulary.
 */
const TOKEN = /[ \n\t\r]?[!-~]{1,4}|./gsu
const LENGTH_STEP = 2 ** 40

export function tokenize(text: string): readonly string[] {
  return text.match(TOKEN) ?? []
}

export function tokenId(token: string): number {
  const bytes = Buffer.from(token, 'utf8')
  return bytes.readUIntBE(0, bytes.byteLength) + bytes.byteLength * LENGTH_STEP
}

/** The text of token ids. Refuses a number that is no token of this tokenizer. */
export function detokenize(ids: readonly unknown[]): string {
  return ids.map(tokenText).join('')
}

function tokenText(id: unknown): string {
  const length = typeof id === 'number' && Number.isInteger(id) ? Math.floor(id / LENGTH_STEP) : 0
  if (typeof id !== 'number' || length < 1 || length > 5) throw badRequest(`Token id ${id} is out of vocabulary`)
  const value = id - length * LENGTH_STEP
  if (value >= 256 ** length) throw badRequest(`Token id ${id} is out of vocabulary`)
  const bytes = Buffer.alloc(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes.toString('utf8')
}
