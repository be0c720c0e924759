import { hear } from './audio.ts'
import { chatCompletions } from './chat.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import type { Call } from './engine.ts'
import { RoutingError } from './errors.ts'
import { sendJson, sendText } from './http.ts'
import { messages } from './messages.ts'
import { OPENAPI } from './openapi.ts'
import { classify, pooling, rerank, score } from './pooling.ts'
import { responses } from './responses.ts'
import { detokenizeIds, tokenizeText } from './tokenizer-routes.ts'

export type Route = (call: Call) => void | Promise<void>

/** Every route the stand-in has, by method and path; vLLM's other routes join this table. */
const ROUTES: { readonly [route: string]: Route } = {
  'GET /health': ({ response }) => sendText(response, '', 'text/plain'),
  'GET /ping': ({ response }) => sendText(response, '', 'text/plain'),
  'GET /version': ({ response }) => sendJson(response, { version: '0.0.0+bombyx.stand-in' }),
  'GET /metrics': ({ response, engine }) =>
    sendText(response, engine.metrics.render(engine.cache), 'text/plain; version=0.0.4; charset=utf-8'),
  'GET /openapi.json': ({ response }) => sendJson(response, OPENAPI),
  'GET /v1/models': listModels,
  'POST /v1/chat/completions': chatCompletions,
  'POST /v1/completions': completions,
  'POST /v1/responses': responses,
  'POST /v1/messages': messages,
  'POST /v1/embeddings': embeddings,
  'POST /v1/score': score,
  'POST /v1/rerank': rerank,
  'POST /v1/pooling': pooling,
  'POST /v1/classify': classify,
  'POST /v1/audio/transcriptions': hear('transcribe'),
  'POST /v1/audio/translations': hear('translate'),
  'POST /tokenize': tokenizeText,
  'POST /detokenize': detokenizeIds
}

const PATHS: ReadonlySet<string> = new Set(Object.keys(ROUTES).map((route) => route.slice(route.indexOf(' ') + 1)))

/** Refuses an unknown path with 404 and a known one under another method with 405. */
export function findRoute(method: string, path: string): Route {
  const route = ROUTES[`${method} ${path}`]
  if (route !== undefined) return route
  if (PATHS.has(path)) throw new RoutingError(405, 'Method Not Allowed', 'Method Not Allowed')
  throw new RoutingError(404, 'Not Found', 'Not Found')
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
