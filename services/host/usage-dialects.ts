import { encodeUtf8 } from '../../attestation/encoding.ts'
import { findUsage } from './engine-json.ts'
import { errorEvent, type OwnAnswer } from './openai-errors.ts'
import type { Dialect } from './routes.ts'
import type { EngineUsage } from './usage-counter.ts'

/** What an event whose name tells its kind says of an answer: figures up to now, or of the whole. */
export interface NamedEvent {
  readonly id?: string
  readonly running?: EngineUsage
  readonly total?: EngineUsage
  /** A piece of the answer: a token at least, of reasoning or not. */
  readonly piece?: 'completion' | 'reasoning'
  readonly failed?: boolean
}

type Json = { readonly [member: string]: unknown }
type NamedDialect = 'responses' | 'messages'

/** Figures in chat's terms, which are what the counter reads. */
const IN_CHAT_TERMS: Record<NamedDialect, (usage: Json) => EngineUsage> = {
  responses: (usage) => ({
    prompt_tokens: usage['input_tokens'],
    completion_tokens: usage['output_tokens'],
    prompt_tokens_details: usage['input_tokens_details'],
    completion_tokens_details: usage['output_tokens_details']
  }),
  // Anthropic's input tokens are those that were not read from the cache.
  messages: (usage) => ({
    prompt_tokens:
      number(usage['input_tokens']) +
      number(usage['cache_read_input_tokens']) +
      number(usage['cache_creation_input_tokens']),
    completion_tokens: usage['output_tokens'],
    prompt_tokens_details: { cached_tokens: usage['cache_read_input_tokens'] }
  })
}

type EventReader = (data: string) => NamedEvent

const NAMED_EVENTS: Record<NamedDialect, ReadonlyMap<string, EventReader>> = {
  responses: new Map<string, EventReader>([
    ['response.created', (data) => idOf(member(parse(data), 'response'))],
    ['response.completed', (data) => responseEnd(data)],
    ['response.incomplete', (data) => responseEnd(data)],
    ['response.failed', (data) => ({ ...responseEnd(data), failed: true })],
    ['error', () => ({ failed: true })]
  ]),
  messages: new Map<string, EventReader>([
    ['message_start', (data) => messageStart(member(parse(data), 'message'))],
    ['content_block_delta', () => ({ piece: 'completion' })],
    ['message_delta', (data) => totalOf('messages', parse(data))],
    ['error', () => ({ failed: true })]
  ])
}

/** Reads one event by its name, which is the engine's own; data is parsed only where figures stand in it. */
export function readNamedEvent(dialect: NamedDialect, name: string, data: string): NamedEvent {
  const read = NAMED_EVENTS[dialect].get(name)
  if (read !== undefined) return read(data)
  if (!name.endsWith('.delta')) return {}
  return { piece: name.startsWith('response.reasoning') ? 'reasoning' : 'completion' }
}

/** The figures of an answer that is no stream, in chat's terms; undefined where it has none. */
export function readWholeUsage(dialect: Dialect, text: string): EngineUsage | undefined {
  if (dialect === 'chat' || dialect === 'audio') return findUsage(text)?.usage
  return totalOf(dialect, parse(text)).total
}

/** An error after the head of a stream, as the dialect tells it, with what ends the stream. */
export function failureEvent(dialect: Dialect, answer: OwnAnswer): Uint8Array {
  if (dialect === 'chat' || dialect === 'audio') return Buffer.concat([errorEvent(answer), DONE])
  const { message, type, code } = member(parse(Buffer.from(answer.body).toString('utf8')), 'error')
  const data =
    dialect === 'messages'
      ? { type: 'error', error: { type, message } }
      : { type: 'error', code, message, param: null, sequence_number: 0 }
  return encodeUtf8(`event: error\ndata: ${JSON.stringify(data)}\n\n`)
}

const DONE = encodeUtf8('data: [DONE]\n\n')

function idOf({ id }: Json): NamedEvent {
  return typeof id === 'string' ? { id } : {}
}

function responseEnd(data: string): NamedEvent {
  return totalOf('responses', member(parse(data), 'response'))
}

/** What failed may have no figures: then what was counted stands. */
function totalOf(dialect: NamedDialect, answer: unknown): NamedEvent {
  const usage = member(answer, 'usage')
  return Object.keys(usage).length === 0 ? {} : { total: IN_CHAT_TERMS[dialect](usage) }
}

function messageStart(message: Json): NamedEvent {
  return { ...idOf(message), running: IN_CHAT_TERMS.messages(member(message, 'usage')) }
}

/** Text is latin-1, a character a byte: figures and ids are ASCII. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): Json {
  const found = typeof value === 'object' && value !== null ? (value as Json)[name] : undefined
  return typeof found === 'object' && found !== null ? (found as Json) : {}
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
