import { randomBytes } from 'node:crypto'
import { readPrompts } from './completions.ts'
import { embed } from './embeddings.ts'
import { type Call, checkContext, checkStatus, chooseModel } from './engine.ts'
import { invalidBody } from './errors.ts'
import { type JsonObject, readInteger, readString } from './fields.ts'
import { readJson, sendJson } from './http.ts'
import { readKnobs } from './knobs.ts'
import { renderChat } from './prompt.ts'
import { tokenize } from './tokens.ts'

const SCORE_DIMENSIONS = 256
const POOLED_DIMENSIONS = 16
const LABELS = ['LABEL_0', 'LABEL_1']

/** POST /v1/score: one query with each document, or each with its own. */
export async function score(call: Call): Promise<void> {
  const body = await readJson(call.request)
  const model = chooseModel(call.engine, body)
  const queries = textsOf(body, ['queries', 'text_1', 'data_1'])
  const documents = textsOf(body, ['documents', 'items', 'text_2', 'data_2'])
  if (queries.length !== 1 && queries.length !== documents.length) {
    throw invalidBody('queries', 'Input lengths must be either 1:1, 1:N or N:N')
  }
  const pairs = documents.map((document, index) => [queries[index] ?? queries[0] ?? '', document] as const)
  const data = pairs.map((pair, index) => ({ index, object: 'score', score: similarity(...pair) }))
  answer(call, body, pairs.flat(), { id: newId('score'), object: 'list', created: call.engine.created, model, data })
}

/** POST /v1/rerank: documents by their score, best first. */
export async function rerank(call: Call): Promise<void> {
  const body = await readJson(call.request)
  const model = chooseModel(call.engine, body)
  const query = readString(body, 'query')
  if (query === undefined) throw invalidBody('query', 'Field required')
  const documents = textsOf(body, ['documents'])
  const results = documents
    .map((text, index) => ({ index, document: { text, multi_modal: null }, relevance_score: similarity(query, text) }))
    .sort((a, b) => b.relevance_score - a.relevance_score)
    .slice(0, readInteger(body, 'top_n') || documents.length)
  answer(call, body, [query, ...documents], { id: newId('rerank'), model, results })
}

/** POST /v1/pooling: a vector a token. */
export async function pooling(call: Call): Promise<void> {
  const body = await readJson(call.request)
  const model = chooseModel(call.engine, body)
  const inputs = inputsOf(body)
  const data = inputs.map((text, index) => ({
    index,
    object: 'pooling',
    data: tokenize(text).map((token) => [...embed(token, POOLED_DIMENSIONS)])
  }))
  answer(call, body, inputs, { id: newId('pool'), object: 'list', created: call.engine.created, model, data })
}

/** POST /v1/classify: two labels, which the text alone decides between. */
export async function classify(call: Call): Promise<void> {
  const body = await readJson(call.request)
  const model = chooseModel(call.engine, body)
  const inputs = inputsOf(body)
  const data = inputs.map((text, index) => {
    const [lean = 0] = embed(text, POOLED_DIMENSIONS)
    const probs = [1 / (1 + Math.exp(-lean)), 1 / (1 + Math.exp(lean))]
    return { index, label: LABELS[lean >= 0 ? 0 : 1], probs, num_classes: LABELS.length }
  })
  answer(call, body, inputs, { id: newId('classify'), object: 'list', created: call.engine.created, model, data })
}

function answer(call: Call, body: JsonObject, texts: readonly string[], result: object): void {
  checkStatus(readKnobs(body, texts.join('\n'), 0).status)
  const counts = texts.map((text) => tokenize(text).length)
  for (const count of counts) checkContext(call.engine, count, 0)
  const tokens = counts.reduce((total, count) => total + count, 0)
  call.engine.metrics.promptTokens += tokens
  const usage = { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0, prompt_tokens_details: null }
  sendJson(call.response, { ...result, usage })
}

/** `input`, or a chat as its template joins it. */
function inputsOf(body: JsonObject): readonly string[] {
  return body['messages'] === undefined ? readPrompts(body) : [renderChat(body).text]
}

/** The first of these members that is there: a text, or a list of them. */
function textsOf(body: JsonObject, names: readonly string[]): readonly string[] {
  const given = names.map((name) => body[name]).find((value) => value !== undefined && value !== null)
  const texts = Array.isArray(given) ? given : [given]
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts
  throw invalidBody(names[0] ?? '', given === undefined ? 'Field required' : 'Input should be a valid string')
}

/** From 0 to 1, as a cross encoder's. */
function similarity(one: string, other: string): number {
  const [a, b] = [embed(one, SCORE_DIMENSIONS), embed(other, SCORE_DIMENSIONS)]
  return (1 + a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)) / 2
}

function newId(prefix: string): string {
  return `${prefix}-${randomBytes(8).toString('hex')}`
}
