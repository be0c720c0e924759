/** How one route words requests, answers and usage. */
export type Dialect = 'chat' | 'responses' | 'messages' | 'audio'

/**
 * What keeps a tenant's prompt from being timed by others through the engine's prefix cache. `salted`: every vLLM since
 * 0.9 takes `cache_salt`. `declared`: served where the engine declares `cache_salt` for the route, or caches no
 * prefixes. `never`: vLLM has no salt there, so it is served only where no prefixes are cached. `no model`: none runs.
 */
export type CacheRule = 'salted' | 'declared' | 'never' | 'no model'

/** How the agent treats one of the engine's inference routes. */
export interface InferenceRoute {
  readonly dialect: Dialect
  /** Members that bound the answer's tokens. A body without any gets the first, where meta has a limit. */
  readonly limits: readonly string[]
  readonly streams: boolean
  readonly cache: CacheRule
}

const NO_LIMITS: readonly string[] = []
const POOLING: InferenceRoute = { dialect: 'chat', limits: NO_LIMITS, streams: false, cache: 'declared' }
const AUDIO: InferenceRoute = { dialect: 'audio', limits: ['max_completion_tokens'], streams: true, cache: 'never' }
const TOKENIZER: InferenceRoute = { dialect: 'chat', limits: NO_LIMITS, streams: false, cache: 'no model' }

/**
 * The inference routes that the agent forwards, all POST with a JSON body, or a form where it is `audio`. A route that
 * is not here is unknown to clients, whatever the engine has.
 */
export const INFERENCE_ROUTES: ReadonlyMap<string, InferenceRoute> = new Map<string, InferenceRoute>([
  [
    '/v1/chat/completions',
    { dialect: 'chat', limits: ['max_completion_tokens', 'max_tokens'], streams: true, cache: 'salted' }
  ],
  ['/v1/completions', { dialect: 'chat', limits: ['max_tokens'], streams: true, cache: 'salted' }],
  ['/v1/responses', { dialect: 'responses', limits: ['max_output_tokens'], streams: true, cache: 'declared' }],
  ['/v1/messages', { dialect: 'messages', limits: ['max_tokens'], streams: true, cache: 'declared' }],
  ['/v1/embeddings', POOLING],
  ['/v1/score', POOLING],
  ['/v1/rerank', POOLING],
  ['/v1/pooling', POOLING],
  ['/v1/classify', POOLING],
  ['/v1/audio/transcriptions', AUDIO],
  ['/v1/audio/translations', AUDIO],
  ['/tokenize', TOKENIZER],
  ['/detokenize', TOKENIZER]
])

/** Answered by the agent: the engine's own list tells of paths and of what else it serves. */
export const MODELS_ROUTE = '/v1/models'
