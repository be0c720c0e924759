import { chatCompletions } from './chat.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import type { Call } from './engine.ts'
import { EngineError } from './errors.ts'
import { sendJson, sendText } from './http.ts'
import { detokenizeIds, tokenizeText } from './tokenizer-routes.ts'

export type Route = (call: Call) => void | Promise<void>

/** Every route the stand-in has, by method and path; vLLM's other routes join this table. */
const ROUTES: { readonly [route: string]: Route } = {
  'GET /health': ({ response }) => sendText(response, '', 'text/plain'),
  'GET /ping': ({ response }) => sendText(response, '', 'text/plain'),
  'GET /version': ({ response }) => sendJson(response, { version: '0.0.0+bombyx.stand-in' }),
  'GET /metrics': ({ response, engine }) =>
    sendText(response, engine.metrics.render(engine.cache), 'text/plain; version=0.0.4; charset=utf-8'),
  'GET /v1/models': listModels,
  'POST /v1/chat/completions': chatCompletions,
  'POST /v1/completions': completions,
  'POST /v1/embeddings': embeddings,
  'POST /tokenize': tokenizeText,
  'POST /detokenize': detokenizeIds
}

const PATHS: ReadonlySet<string> = new Set(Object.keys(ROUTES).map((route) => route.slice(route.indexOf(' ') + 1)))

/** Refuses an unknown path with 404 and a known one under another method with 405. */
export function findRoute(method: string, path: string): Route {
  const route = ROUTES[`${method} ${path}`]
  if (route !== undefined) return route
  if (PATHS.has(path)) throw new EngineError(405, 'Method Not Allowed', 'Method Not Allowed')
  throw new EngineError(404, 'Not Found', 'Not Found')
}

function listModels({ response, engine }: Call): void {
  sendJson(response, {
    object: 'list',
    data: engine.config.models.map((id) => ({
      id,
      object: 'model',
      created: engine.created,
      owned_by: 'vllm',
      root: id,
      parent: null,
      max_model_len: engine.config.maxModelLength,
      permission: []
    }))
  })
}
