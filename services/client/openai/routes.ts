/** The address to give an OpenAI SDK as `baseURL`: nothing is ever dialled under it. */
export const BASE_URL = 'https://bombyx.invalid/v1'

/** Sealed with the body. Credentials, cookies and what tells of the caller's machine stay here. */
export const SEALED_HEADERS: readonly string[] = ['accept', 'content-type', 'bombyx-cache']

/** What the client reads of a request before sealing it: how its body is written, and whether it limits output tokens. */
export interface InferenceRoute {
  readonly body: 'json' | 'form'
  /** Members that bound the answer's tokens; the largest given counts. None: nothing is generated. */
  readonly limits: readonly string[]
}

const COMPLETION_LIMITS = ['max_completion_tokens', 'max_tokens']
const NO_LIMITS: readonly string[] = []

/** The inference routes of `bombyx-session/1` section 3: all are POST, all travel sealed. */
export const INFERENCE_ROUTES: ReadonlyMap<string, InferenceRoute> = new Map<string, InferenceRoute>([
  ['/v1/chat/completions', { body: 'json', limits: COMPLETION_LIMITS }],
  ['/v1/completions', { body: 'json', limits: COMPLETION_LIMITS }],
  ['/v1/embeddings', { body: 'json', limits: NO_LIMITS }],
  ['/v1/responses', { body: 'json', limits: ['max_output_tokens'] }],
  ['/v1/messages', { body: 'json', limits: ['max_tokens'] }],
  ['/v1/score', { body: 'json', limits: NO_LIMITS }],
  ['/v1/rerank', { body: 'json', limits: NO_LIMITS }],
  ['/v1/pooling', { body: 'json', limits: NO_LIMITS }],
  ['/v1/classify', { body: 'json', limits: NO_LIMITS }],
  ['/v1/audio/transcriptions', { body: 'form', limits: ['max_completion_tokens'] }],
  ['/v1/audio/translations', { body: 'form', limits: ['max_completion_tokens'] }],
  ['/tokenize', { body: 'json', limits: NO_LIMITS }],
  ['/detokenize', { body: 'json', limits: NO_LIMITS }]
])
