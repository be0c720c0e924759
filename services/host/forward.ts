import { concatBytes, decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import type { BhttpRequest } from '../../attestation/session/bhttp.ts'
import type { Meta } from '../../attestation/session/meta.ts'
import { type EngineFacts, isSalted, keepsTenantsApart } from './engine-facts.ts'
import { readForm } from './forward-form.ts'
import { badRequest, METHOD_NOT_ALLOWED, NOT_FOUND, type OwnAnswer, ROUTE_NOT_SERVED } from './openai-errors.ts'
import { type Dialect, type InferenceRoute, MODELS_ROUTE } from './routes.ts'
import type { EngineRequest } from './vllm.ts'

/** Which usage figures of a stream the client asked to see. */
export interface UsageWish {
  /** The chunk of totals at the end. */
  readonly total: boolean
  /** Running figures on every chunk. */
  readonly continuous: boolean
}

/** What to do with an opened request. Only an answer of an inference route carries a receipt. */
export type ForwardPlan =
  | { readonly kind: 'models' }
  | { readonly kind: 'own'; readonly answer: OwnAnswer; readonly inference: boolean }
  | {
      readonly kind: 'forward'
      readonly request: EngineRequest
      readonly dialect: Dialect
      readonly wish: UsageWish
    }

export interface ForwardRules {
  /** The keyset's: what was measured, and the one thing that this host answers as. */
  readonly model: string
  readonly routes: ReadonlyMap<string, InferenceRoute>
  readonly facts: EngineFacts
  /** `cache_salt` of whoever asks. */
  readonly cacheSalt: string
}

type Body = Readonly<Record<string, unknown>>
type Overrides = Record<string, unknown>

/** Decides by path, then by body: what contradicts meta is refused, what the host must set is set, all else stays. */
export async function planForward(request: BhttpRequest, meta: Meta, rules: ForwardRules): Promise<ForwardPlan> {
  const path = request.path.split('?')[0] ?? ''
  if (path === MODELS_ROUTE) return request.method === 'GET' ? { kind: 'models' } : own(METHOD_NOT_ALLOWED, false)
  const route = rules.routes.get(path)
  if (route === undefined) return own(NOT_FOUND, false)
  if (!keepsTenantsApart(path, route, rules.facts)) return own(ROUTE_NOT_SERVED, false)
  if (request.method !== 'POST') return own(METHOD_NOT_ALLOWED, true)
  if (meta.model !== rules.model) return own(badRequest(`model: this host serves ${rules.model}`), true)
  if (route.dialect === 'audio') return planForm(request, path, route, meta)
  const body = parseBody(request.content)
  if (body === undefined) return own(badRequest('the body is not a JSON object in UTF-8'), true)
  const problem = contradiction(body, meta, route) ?? unforwardable(body, route)
  if (problem !== undefined) return own(badRequest(problem), true)
  const salt = isSalted(path, route.cache, rules.facts) ? { cache_salt: rules.cacheSalt } : {}
  const overrides = { ...limitOf(body, meta, route), ...dialectOverrides(meta, route), ...salt }
  return {
    kind: 'forward',
    request: { path, contentType: 'application/json', body: override(request.content, body, overrides) },
    dialect: route.dialect,
    wish: route.dialect === 'chat' ? usageWish(body) : AS_IT_COMES
  }
}

async function planForm(
  { content, headers }: BhttpRequest,
  path: string,
  route: InferenceRoute,
  meta: Meta
): Promise<ForwardPlan> {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const reading = await readForm(content, contentType, meta, route)
  if (reading.kind === 'refused') return own(badRequest(reading.problem), true)
  const request = { path, contentType: reading.contentType, body: content }
  return { kind: 'forward', request, dialect: route.dialect, wish: AS_IT_COMES }
}

/** Of a dialect to whose figures the agent adds none. */
const AS_IT_COMES: UsageWish = { total: true, continuous: true }

function own(answer: OwnAnswer, inference: boolean): ForwardPlan {
  return { kind: 'own', answer, inference }
}

function parseBody(content: Uint8Array): Body | undefined {
  try {
    const value: unknown = JSON.parse(decodeUtf8(content))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined
  } catch {
    return undefined
  }
}

/** Where the body says other than meta, which is what the relay scheduled and the client agreed to pay by. */
function contradiction(body: Body, meta: Meta, route: InferenceRoute): string | undefined {
  const model = body['model'] ?? meta.model
  if (model !== meta.model) return `model: this request was sealed for ${meta.model}`
  const stream = body['stream'] ?? false
  if (stream !== meta.stream) return `stream: this request was sealed with stream ${meta.stream}`
  if (stream === true && !route.streams) return 'stream: this route does not stream'
  if (meta.outputLimit === 0) return undefined
  const over = route.limits.find((name) => Number(body[name] ?? 0) > meta.outputLimit)
  return over === undefined ? undefined : `${over}: this request was sealed for at most ${meta.outputLimit} tokens`
}

function limitOf(body: Body, meta: Meta, route: InferenceRoute): Overrides {
  const [first] = route.limits
  if (meta.outputLimit === 0 || first === undefined) return {}
  return route.limits.some((name) => (body[name] ?? null) !== null) ? {} : { [first]: meta.outputLimit }
}

/** What would outlive the answer under an id that knows no tenant, or come in a form that cannot be metered. */
function unforwardable(body: Body, { dialect, cache }: InferenceRoute): string | undefined {
  if (dialect === 'responses') {
    const kept = STORED_STATE.find((name) => (body[name] ?? false) !== false)
    return kept === undefined ? undefined : `${kept}: nothing is kept on this host; send the conversation itself`
  }
  const binary = cache === 'declared' && String(body['encoding_format'] ?? '').startsWith('bytes')
  return binary ? 'encoding_format: only float and base64 are carried' : undefined
}

const STORED_STATE = ['previous_response_id', 'conversation', 'background']

/** Chat: usage on every chunk, so that a stream that breaks is still metered. Responses: nothing is stored. */
function dialectOverrides(meta: Meta, { dialect }: InferenceRoute): Overrides {
  if (dialect === 'responses') return { store: false }
  if (dialect !== 'chat' || !meta.stream) return {}
  return { stream_options: { include_usage: true, continuous_usage_stats: true } }
}

function usageWish(body: Body): UsageWish {
  const options = body['stream_options']
  if (typeof options !== 'object' || options === null) return { total: false, continuous: false }
  const { include_usage: total = true, continuous_usage_stats: continuous = false } = options as Overrides
  return { total: total === true, continuous: total === true && continuous === true }
}

/**
 * The body with members set. Those it does not have are added to its bytes, so that what the client wrote reaches the
 * engine untouched; a body that has one of them is written anew, so that no member ever stands in it twice.
 */
function override(content: Uint8Array, body: Body, overrides: Overrides): Uint8Array {
  const names = Object.keys(overrides)
  if (names.length === 0) return content
  if (names.some((name) => Object.hasOwn(body, name))) return encodeUtf8(JSON.stringify({ ...body, ...overrides }))
  const members = JSON.stringify(overrides).slice(1)
  const comma = Object.keys(body).length === 0 ? '' : ','
  return concatBytes(content.subarray(0, content.lastIndexOf(CLOSING_BRACE)), encodeUtf8(`${comma}${members}`))
}

const CLOSING_BRACE = 0x7d
