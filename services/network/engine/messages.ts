import { randomBytes } from 'node:crypto'
import { type ChatPlan, planChat } from './chat.ts'
import { chatOfMessages } from './conversation.ts'
import type { Call } from './engine.ts'
import { EngineError, invalidBody } from './errors.ts'
import { readInteger } from './fields.ts'
import { type Choice, completionTokens, type Generation, generate, type Step } from './generation.ts'
import { readJson, sendJson } from './http.ts'
import { type Section, sectionsOf, startsSection } from './sections.ts'
import { serveGeneration } from './serve.ts'

/** POST /v1/messages, in Anthropic's shapes. vLLM's own refusals come in them too, its body checks in OpenAI's. */
export async function messages(call: Call): Promise<void> {
  const body = await readJson(call.request)
  const most = readInteger(body, 'max_tokens')
  if (most === undefined) throw invalidBody('max_tokens', 'Field required')
  try {
    const plan = planChat(call, chatOfMessages(body))
    await serveMessage(call, plan)
  } catch (error) {
    if (!(error instanceof EngineError) || call.response.headersSent) throw error
    sendJson(call.response, errorBody(error), error.status)
  }
}

async function serveMessage(call: Call, { model, generation, sampling }: ChatPlan): Promise<void> {
  const id = `chatcmpl-${randomBytes(8).toString('hex')}`
  const frame = { id, type: 'message', role: 'assistant', model }
  await serveGeneration(call, generation, {
    stream: sampling.stream,
    whole: () => ({ ...frame, content: contentOf(generation), ...endOf(generation), usage: usageOf(generation) }),
    events: (signal) => events(frame, generation, signal),
    failure: (error) => eventOf('error', errorBody(error)),
    end: ''
  })
}

function errorBody({ type, message }: EngineError): object {
  return { type: 'error', error: { type, message } }
}

function contentOf({ choices }: Generation): readonly object[] {
  return choices.slice(0, 1).flatMap((choice) => sectionsOf(choice).map(blockOf))
}

function blockOf({ kind, name, text }: Section): object {
  if (kind === 'reasoning') return { type: 'thinking', thinking: text, signature: 'stand-in' }
  if (kind === 'content') return { type: 'text', text }
  return { type: 'tool_use', id: `toolu_${randomBytes(8).toString('hex')}`, name, input: inputOf(text) }
}

/** A call that was cut short has arguments that are no JSON. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function endOf({ choices }: Generation): { readonly stop_reason: string; readonly stop_sequence?: string } {
  const choice: Choice | undefined = choices[0]
  if (choice?.finishReason === 'length') return { stop_reason: 'max_tokens' }
  if (choice?.steps.some(({ kind }) => kind === 'tool')) return { stop_reason: 'tool_use' }
  const stop = choice?.stopReason ?? null
  return stop === null ? { stop_reason: 'end_turn' } : { stop_reason: 'stop_sequence', stop_sequence: stop }
}

function usageOf(generation: Generation): object {
  return {
    input_tokens: generation.promptTokens - generation.cachedTokens,
    output_tokens: completionTokens(generation),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: generation.cachedTokens
  }
}

async function* events(frame: object, generation: Generation, signal: AbortSignal): AsyncGenerator<string> {
  const usage = { input_tokens: generation.promptTokens, output_tokens: 0 }
  const opening = { ...frame, content: [], stop_reason: null, stop_sequence: null, usage }
  let index = -1
  let section: Step[] = []
  // As vLLM does it: the message begins when there is a token to tell.
  for await (const { step } of generate(generation, signal)) {
    if (index < 0) yield eventOf('message_start', { message: opening })
    if (startsSection(step, section)) {
      if (index >= 0) yield eventOf('content_block_stop', { index })
      index++
      section = []
      yield eventOf('content_block_start', { content_block: emptyBlockOf(step), index })
    }
    section.push(step)
    if (step.text !== '') yield eventOf('content_block_delta', { delta: deltaOf(step), index })
  }
  if (signal.aborted) return
  yield index < 0 ? eventOf('message_start', { message: opening }) : eventOf('content_block_stop', { index })
  const end = { stop_sequence: null, ...endOf(generation) }
  yield eventOf('message_delta', { delta: end, usage: usageOf(generation) })
  yield eventOf('message_stop', {})
}

function emptyBlockOf(step: Step): object {
  return { ...blockOf({ kind: step.kind, name: step.call?.name ?? '', text: '', steps: [] }) }
}

function deltaOf({ kind, text }: Step): object {
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text }
  return kind === 'content' ? { type: 'text_delta', text } : { type: 'input_json_delta', partial_json: text }
}

function eventOf(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
}
