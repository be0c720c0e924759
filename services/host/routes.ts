/** How the agent treats one of the engine's inference routes. */
export interface InferenceRoute {
  /** Members that bound the answer's tokens. A body without any gets the first, where meta has a limit. */
  readonly limits: readonly string[]
  /** Takes `stream` and, when streaming, `stream_options`; its events carry `usage` beside `choices`. */
  readonly streams: boolean
  /** Runs the model, so that its prefix cache is to be separated by `cache_salt`. */
  readonly salted: boolean
}

const NO_LIMITS: readonly string[] = []

/**
 * The inference routes that the agent forwards, all POST with a JSON body. A route that is not here is unknown to
 * clients, whatever the engine has: not all keep tenants apart (`/v1/responses` keeps answers under ids of its own,
 * `/v1/messages` has no `cache_salt`).
 */
export const INFERENCE_ROUTES: ReadonlyMap<string, InferenceRoute> = new Map<string, InferenceRoute>([
  ['/v1/chat/completions', { limits: ['max_completion_tokens', 'max_tokens'], streams: true, salted: true }],
  ['/v1/completions', { limits: ['max_tokens'], streams: true, salted: true }],
  ['/v1/embeddings', { limits: NO_LIMITS, streams: false, salted: true }],
  ['/v1/score', { limits: NO_LIMITS, streams: false, salted: true }],
  ['/v1/rerank', { limits: NO_LIMITS, streams: false, salted: true }],
  ['/v1/pooling', { limits: NO_LIMITS, streams: false, salted: true }],
  ['/v1/classify', { limits: NO_LIMITS, streams: false, salted: true }],
  ['/tokenize', { limits: NO_LIMITS, streams: false, salted: false }],
  ['/detokenize', { limits: NO_LIMITS, streams: false, salted: false }]
])

/** Answered by the agent: the engine's own list tells of paths and of what else it serves. */
export const MODELS_ROUTE = '/v1/models'
