import { randomBytes } from 'node:crypto'
import { answerChat, answerStructured, chooseTools } from './answer.ts'
import { chunkDelivery, type Wording } from './chunks.ts'
import { type Call, checkContext, checkStatus, chooseModel } from './engine.ts'
import { badRequest } from './errors.ts'
import { type JsonObject, readBoolean, readInteger } from './fields.ts'
import { type Choice, chooseCalls, chooseWords, type Generation, type Step } from './generation.ts'
import { readJson } from './http.ts'
import { type Knobs, readKnobs } from './knobs.ts'
import { chatLogprob } from './logprobs.ts'
import { IMAGE_TOKENS, type Prompt, renderChat } from './prompt.ts'
import { readSampling, type Sampling } from './sampling.ts'
import { serveGeneration } from './serve.ts'
import { tokenize } from './tokens.ts'

/** A conversation that is to be answered, whatever route it came by. */
export interface ChatPlan {
  readonly model: string
  readonly sampling: Sampling
  readonly generation: Generation
}

/** POST /v1/chat/completions */
export async function chatCompletions(call: Call): Promise<void> {
  const { model, sampling, generation } = planChat(call, await readJson(call.request))
  const wording = chatWording(model, call.engine.created, sampling.topLogprobs)
  await serveGeneration(call, generation, chunkDelivery(generation, sampling, wording))
}

/** What answers a chat's body. Refuses what vLLM refuses. */
export function planChat({ engine }: Call, body: JsonObject): ChatPlan {
  const model = chooseModel(engine, body)
  const prompt = renderChat(body)
  const sampling = readSampling(body, readTopLogprobs(body))
  const knobs = readKnobs(body, prompt.question, engine.config.tokenDelayMs)
  checkStatus(knobs.status)
  const tokens = tokenize(prompt.text)
  const promptTokens = tokens.length + prompt.images * IMAGE_TOKENS
  checkContext(engine, promptTokens, sampling.maxTokens)
  const cachedTokens = engine.cache.cachedTokens(tokens, sampling.cacheSalt)
  const choices = choicesOf(body, prompt, sampling, knobs)
  return { model, sampling, generation: { promptTokens, cachedTokens, choices, knobs } }
}

function readTopLogprobs(body: JsonObject): number | undefined {
  const top = readInteger(body, 'top_logprobs')
  if (readBoolean(body, 'logprobs')) return top ?? 0
  if ((top ?? 0) > 0) throw badRequest('when using `top_logprobs`, `logprobs` must be set to true.', 'top_logprobs')
  return undefined
}

function choicesOf(body: JsonObject, prompt: Prompt, sampling: Sampling, knobs: Knobs): readonly Choice[] {
  const tools = chooseTools(body, prompt)
  const structured = answerStructured(body, prompt)
  return Array.from({ length: sampling.n }, (_, index) =>
    tools === undefined
      ? chooseWords(structured ?? answerChat(prompt, index), sampling, knobs)
      : chooseCalls(tools.calls, tools.named, sampling)
  )
}

function chatWording(model: string, created: number, topLogprobs: number | undefined): Wording {
  const callIds = new Map<string, string>()
  const callId = (choice: number, index: number) => {
    const key = `${choice}.${index}`
    const id = callIds.get(key) ?? `chatcmpl-tool-${randomBytes(16).toString('hex')}`
    callIds.set(key, id)
    return id
  }
  return {
    id: `chatcmpl-${randomBytes(16).toString('hex')}`,
    model,
    created,
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    firstChunk: () => (index) =>
      `{"index":${index},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}`,
    stepChunk: (index, step, end) => {
      const logprobs =
        topLogprobs === undefined ? 'null' : JSON.stringify({ content: [chatLogprob(step.text, topLogprobs)] })
      const delta = deltaOf(step, (call) => callId(index, call))
      return `{"index":${index},"delta":${delta},"logprobs":${logprobs},${endingOf(end)},"token_ids":null}`
    },
    lastChunk: (index, { finishReason, stopReason }) =>
      `{"index":${index},"delta":{"content":""},"logprobs":null,"finish_reason":"${finishReason}",` +
      `"stop_reason":${JSON.stringify(stopReason)},"token_ids":null}`,
    whole: (index, choice) => ({
      index,
      message: messageOf(choice, (call) => callId(index, call)),
      logprobs:
        topLogprobs === undefined ? null : { content: choice.steps.map((s) => chatLogprob(s.text, topLogprobs)) },
      finish_reason: choice.finishReason,
      stop_reason: choice.stopReason,
      token_ids: null
    })
  }
}

/** vLLM names no `stop_reason` on a chunk that ends nothing. */
function endingOf(end: Choice | undefined): string {
  if (end === undefined) return '"finish_reason":null'
  return `"finish_reason":"${end.finishReason}","stop_reason":${JSON.stringify(end.stopReason)}`
}

function deltaOf(step: Step, callId: (index: number) => string): string {
  const text = JSON.stringify(step.text)
  if (step.call === undefined) return step.kind === 'content' ? `{"content":${text}}` : `{"reasoning":${text}}`
  const { index, name } = step.call
  if (name === undefined) return `{"tool_calls":[{"index":${index},"function":{"arguments":${text}}}]}`
  const named = { id: callId(index), type: 'function', index, function: { name, arguments: '' } }
  return JSON.stringify({ tool_calls: [named] })
}

function messageOf({ steps }: Choice, callId: (index: number) => string): object {
  const textOf = (kind: Step['kind']) =>
    steps
      .filter((step) => step.kind === kind)
      .map(({ text }) => text)
      .join('')
  const calls = steps.flatMap(({ call }) => (call?.name === undefined ? [] : [{ index: call.index, name: call.name }]))
  const argumentsOf = (index: number) =>
    steps
      .filter(({ call }) => call?.index === index)
      .map(({ text }) => text)
      .join('')
  const toolCalls = calls.map(({ index, name }) => ({
    id: callId(index),
    type: 'function',
    function: { name, arguments: argumentsOf(index) }
  }))
  return {
    role: 'assistant',
    content: calls.length > 0 ? null : textOf('content'),
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    reasoning: textOf('reasoning') || null
  }
}
