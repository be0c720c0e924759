import { type JsonObject, readInteger, readObject } from './fields.ts'

/**
 * What a caller may ask of the stand-in alone, to see how the rest behaves: in the body as
 * `"stand_in": {"tokens": 200, "delay_ms": 20}`, or in a prompt as `[[stand-in tokens=200 delay_ms=20]]`.
 * vLLM ignores the one and reads the other as words. Counts are of tokens, over all choices together.
 */
export interface Knobs {
  /** Fills the answer up to this many tokens. */
  readonly tokens: number | undefined
  /** Thinks this many tokens first, as a reasoning model does. */
  readonly reasoning: number
  /** Waits before the first token, and between tokens. */
  readonly firstDelayMs: number
  readonly delayMs: number
  /** After so many tokens: tears the connection, falls silent until the caller hangs up, or fails as vLLM fails. */
  readonly breakAfter: number | undefined
  readonly stallAfter: number | undefined
  readonly errorAfter: number | undefined
  /** Answers with this HTTP status and an error at once. */
  readonly status: number | undefined
}

const MARKER = /\[\[stand-in((?: +[a-z_]+=\d+)+) *\]\]/

/** Reads the body's knobs, and those of the prompt's first marker where the body has none. */
export function readKnobs(body: JsonObject, prompt: string, delayMs: number): Knobs {
  const asked = readObject(body, 'stand_in') ?? markerOf(prompt)
  return {
    tokens: readInteger(asked, 'tokens'),
    reasoning: readInteger(asked, 'reasoning') ?? 0,
    firstDelayMs: readInteger(asked, 'first_delay_ms') ?? 0,
    delayMs: readInteger(asked, 'delay_ms') ?? delayMs,
    breakAfter: readInteger(asked, 'break_after'),
    stallAfter: readInteger(asked, 'stall_after'),
    errorAfter: readInteger(asked, 'error_after'),
    status: readInteger(asked, 'status')
  }
}

function markerOf(prompt: string): JsonObject {
  const settings = MARKER.exec(prompt)?.[1]?.trim().split(/ +/) ?? []
  return Object.fromEntries(settings.map((setting) => setting.split('=')).map(([name, value]) => [name, Number(value)]))
}
