import type { EngineUsage } from './usage-counter.ts'

/**
 * Reads single members out of the engine's JSON without parsing it, because a chunk comes with every token. Text is
 * latin-1, a character a byte. Inside a JSON string every quote is escaped, so `"usage":{` cannot be a model's words.
 */
export interface FoundUsage {
  readonly usage: EngineUsage
  /** The text with the member, and the comma before it, taken out. */
  readonly without: string
}

const USAGE = '"usage":{'

/** The last `usage` object of a text; undefined when it has none (or null). */
export function findUsage(text: string): FoundUsage | undefined {
  const at = text.lastIndexOf(USAGE)
  if (at < 0) return undefined
  const from = at + USAGE.length - 1
  const to = closingBrace(text, from)
  if (to === undefined) return undefined
  const before = text[at - 1] === ',' ? at - 1 : at
  const after = before === at && text[to] === ',' ? to + 1 : to
  return { usage: JSON.parse(text.slice(from, to)) as EngineUsage, without: text.slice(0, before) + text.slice(after) }
}

/** Past the brace that closes the one at `from`. Figures hold no strings, so braces can be counted. */
function closingBrace(text: string, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at + 1
  }
  return undefined
}

/** The answer's id: the first `id` of the text, which is the outermost. Null where it has none. */
export function findId(text: string): string | null {
  return /^\{"id":"([^"\\]{1,256})"/.exec(text)?.[1] ?? null
}

/** Which choice a chunk is of; the first when it does not say. */
export function findChoice(text: string): number {
  return Number(/"choices":\[\{"index":(\d{1,6})/.exec(text)?.[1] ?? 0)
}

export function hasChoices(text: string): boolean {
  return !text.includes('"choices":[]')
}
