import { decodeUtf8 } from '../../../attestation/encoding.ts'
import { ClientError } from '../errors.ts'
import type { InferenceRoute } from './routes.ts'

/** What of a body stands in the clear beside it (model) or decides how its answer is read and what it may cost. */
export interface RequestOutline {
  readonly model: string
  readonly stream: boolean
  /** Output tokens an answer; 0: the body names no limit. */
  readonly outputLimit: number
  /** Whether the route makes a model write at all. */
  readonly generates: boolean
  /** Choices times prompts. */
  readonly answers: number
  /** That the engine reads as text: the body without pictures, with a query again for each document. */
  readonly textBytes: number
  /** Parts of messages that are not text. */
  readonly mediaParts: number
  /** Text that requests with a common prefix share; empty where nothing is gained by it. */
  readonly prefix: string
}

const PREFIX_CHARACTERS = 2048
const MAX_MODEL_BYTES = 255
const MAX_UINT32 = 0xffff_ffff
/** What vLLM takes for true in a form. */
const TRUE = /^(?:true|1|on|yes|t|y)$/i
const PICTURE_URL = /^data:image\/[\w.+-]+;base64,/
const QUERY_FIELDS = ['query', 'queries', 'text_1', 'data_1']
const DOCUMENT_FIELDS = ['documents', 'items', 'text_2', 'data_2']
/** Tokens that a model's template may put around a query and a document. */
const PAIR_TOKENS = 256
const FORM_FIELDS = ['model', 'stream', 'max_completion_tokens']

/** Reads, and never changes, a request's body. REQUEST_INVALID where a host would have to refuse it. */
export async function readOutline(
  route: InferenceRoute,
  contentType: string,
  body: Uint8Array
): Promise<RequestOutline> {
  const form = route.body === 'form'
  const fields = form ? await readForm(contentType, body) : readJson(body)
  const media = mediaOf(fields['messages'] ?? fields['input'])
  return {
    model: readModel(fields['model']),
    stream: fields['stream'] === true || (form && TRUE.test(String(fields['stream']))),
    outputLimit: Math.max(0, ...route.limits.map((name) => readCount(fields[name]))),
    generates: route.limits.length > 0,
    answers: Math.max(1, readCount(fields['n'])) * countPrompts(fields['prompt']),
    textBytes: body.byteLength - media.reduce((sum, part) => sum + pictureBytes(part), 0) + repeatedBytes(fields),
    mediaParts: form ? 1 : media.length,
    prefix: readPrefix(fields)
  }
}

type Fields = Readonly<Record<string, unknown>>

function readJson(body: Uint8Array): Fields {
  let value: unknown
  try {
    value = JSON.parse(decodeUtf8(body))
  } catch (cause) {
    throw new ClientError('REQUEST_INVALID', 'the body is not JSON in UTF-8', { cause })
  }
  if (!isObject(value)) throw new ClientError('REQUEST_INVALID', 'the body is not a JSON object')
  return value
}

async function readForm(contentType: string, body: Uint8Array): Promise<Fields> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
    return Object.fromEntries(FORM_FIELDS.map((name) => [name, form.get(name)]))
  } catch (cause) {
    throw new ClientError('REQUEST_INVALID', 'the body is not a multipart form', { cause })
  }
}

function readModel(model: unknown): string {
  if (typeof model !== 'string' || model === '') throw new ClientError('REQUEST_INVALID', 'you must provide a model')
  if (Buffer.byteLength(model) > MAX_MODEL_BYTES || !model.isWellFormed()) {
    throw new ClientError('REQUEST_INVALID', `a model's name is at most ${MAX_MODEL_BYTES} bytes of UTF-8`)
  }
  return model
}

/** A count that is none is the engine's to refuse, in its own words: it bounds nothing here. */
function readCount(given: unknown): number {
  const count = typeof given === 'string' ? Number(given) : given
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MAX_UINT32 ? count : 0
}

/** A prompt may be text, tokens, or a list of either. */
function countPrompts(prompt: unknown): number {
  if (!Array.isArray(prompt) || typeof prompt[0] === 'number') return 1
  return Math.max(1, prompt.length)
}

function mediaOf(messages: unknown): readonly Fields[] {
  if (!Array.isArray(messages)) return []
  const parts: unknown[] = messages.flatMap((message) => (isObject(message) ? message['content'] : []))
  return parts.filter(isObject).filter((part) => !String(part['type']).includes('text'))
}

/** Score and rerank routes read a query with each document, in a template of their own. */
function repeatedBytes(fields: Fields): number {
  const [queries, documents] = [listOf(fields, QUERY_FIELDS), listOf(fields, DOCUMENT_FIELDS)]
  const longest = Math.max(0, ...queries.map((query) => (typeof query === 'string' ? Buffer.byteLength(query) : 0)))
  return queries.length === 0 ? 0 : documents.length * (longest + PAIR_TOKENS)
}

function listOf(fields: Fields, names: readonly string[]): readonly unknown[] {
  const given = names.map((name) => fields[name]).find((value) => value !== undefined) ?? []
  return Array.isArray(given) ? given : [given]
}

/** OpenAI's dialects carry a picture in a URL, Anthropic's in `source`. Base64, so that its length is its bytes, or less. */
function pictureBytes({ type, image_url: url, source }: Fields): number {
  const data = isObject(url) ? url['url'] : (url ?? (type === 'image' && isObject(source) ? source['data'] : undefined))
  if (typeof data !== 'string' || (url !== undefined && !PICTURE_URL.test(data))) return 0
  return data.length
}

/**
 * The part of a prompt that stays the same as a conversation grows: all up to the first message of the user. A
 * completion's prompt is its own beginning.
 */
function readPrefix(fields: Fields): string {
  const source = fields['messages'] ?? fields['input'] ?? fields['prompt']
  const opening = Array.isArray(source) ? source.slice(0, firstUserMessage(source) + 1) : source
  if (opening === undefined || opening === null) return ''
  const instructions = fields['system'] ?? fields['instructions'] ?? null
  return JSON.stringify([instructions, opening], cutText).slice(0, PREFIX_CHARACTERS)
}

/** An image or a long prompt is megabytes of which the beginning is enough. */
function cutText(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.slice(0, PREFIX_CHARACTERS) : value
}

function firstUserMessage(messages: readonly unknown[]): number {
  const at = messages.findIndex((message) => isObject(message) && message['role'] === 'user')
  return at < 0 ? 0 : at
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
