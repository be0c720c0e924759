import { randomBytes } from 'node:crypto'
import { type ChatPlan, planChat } from './chat.ts'
import { chatOfResponses } from './conversation.ts'
import type { Call } from './engine.ts'
import { badRequest, EngineError } from './errors.ts'
import { type JsonObject, readBoolean } from './fields.ts'
import { type Choice, completionTokens, type Generation, generate, reasoningTokens, type Step } from './generation.ts'
import { readJson } from './http.ts'
import { type Item, openItem } from './response-items.ts'
import { sectionsOf, startsSection } from './sections.ts'
import { serveGeneration } from './serve.ts'

/** POST /v1/responses. Nothing is stored, as in a vLLM that was not told to. */
export async function responses(call: Call): Promise<void> {
  const body = await readJson(call.request)
  refuseStored(body)
  const plan = planChat(call, chatOfResponses(body))
  const answer = new ResponseAnswer(body, plan, call.engine.created)
  await serveGeneration(call, plan.generation, {
    stream: plan.sampling.stream,
    whole: () => answer.whole(),
    events: (signal) => answer.events(signal),
    failure: () => undefined,
    end: ''
  })
}

function refuseStored(body: JsonObject): void {
  if (body['background'] === true) throw badRequest('This vLLM engine does not support `store=True`.', 'background')
  const previous = body['previous_response_id'] ?? null
  if (previous === null) return
  throw new EngineError(404, 'invalid_request_error', `Response with id '${previous}' not found.`, 'response_id')
}

class ResponseAnswer {
  readonly #generation: Generation
  readonly #choice: Choice
  readonly #frame: JsonObject
  #sequence = 0

  constructor(body: JsonObject, { model, sampling, generation }: ChatPlan, created: number) {
    this.#generation = generation
    this.#choice = generation.choices[0] ?? { steps: [], finishReason: 'stop', stopReason: null }
    this.#frame = {
      id: `resp_${randomBytes(8).toString('hex')}`,
      created_at: created,
      incomplete_details: null,
      instructions: body['instructions'] ?? null,
      metadata: body['metadata'] ?? null,
      model,
      object: 'response',
      output: [],
      parallel_tool_calls: !('parallel_tool_calls' in body) || readBoolean(body, 'parallel_tool_calls'),
      temperature: body['temperature'] ?? 1,
      tool_choice: body['tool_choice'] ?? (body['tools'] === undefined ? 'none' : 'auto'),
      tools: body['tools'] ?? [],
      top_p: body['top_p'] ?? 1,
      background: false,
      max_output_tokens: sampling.maxTokens ?? null,
      previous_response_id: null,
      reasoning: body['reasoning'] ?? null,
      service_tier: 'auto',
      status: 'in_progress',
      text: body['text'] ?? null,
      truncation: 'disabled',
      usage: null,
      user: body['user'] ?? null
    }
  }

  whole(): object {
    const items = sectionsOf(this.#choice).map((section, index) => openItem(section.kind, section.name, index))
    const texts = sectionsOf(this.#choice).map(({ text }) => text)
    return this.#finished(items.map((item, index) => item.done(texts[index] ?? '')))
  }

  async *events(signal: AbortSignal): AsyncGenerator<string> {
    yield this.#event('response.created', { response: this.#frame })
    yield this.#event('response.in_progress', { response: this.#frame })
    const output: object[] = []
    let open: { readonly item: Item; readonly steps: Step[] } | undefined
    for await (const { step } of generate(this.#generation, signal)) {
      if (open === undefined || startsSection(step, open.steps)) {
        if (open !== undefined) yield this.#close(open.item, open.steps, output)
        open = { item: openItem(step.kind, step.call?.name ?? '', output.length), steps: [] }
        yield this.#all(open.item.opening())
      }
      open.steps.push(step)
      if (step.text !== '') yield this.#all([open.item.delta(step.text)])
    }
    if (signal.aborted) return
    if (open !== undefined) yield this.#close(open.item, open.steps, output)
    yield this.#event('response.completed', { response: this.#finished(output) })
  }

  #close(item: Item, steps: readonly Step[], output: object[]): string {
    const text = steps.map((step) => step.text).join('')
    output.push(item.done(text))
    return this.#all(item.closing(text))
  }

  #finished(output: readonly object[]): object {
    const cut = this.#choice.finishReason === 'length'
    return {
      ...this.#frame,
      output,
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      status: cut ? 'incomplete' : 'completed',
      usage: this.#usage()
    }
  }

  #usage(): object {
    const generation = this.#generation
    const output = completionTokens(generation)
    return {
      input_tokens: generation.promptTokens,
      input_tokens_details: { cached_tokens: generation.cachedTokens, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoningTokens(generation.choices), tool_output_tokens: 0 },
      total_tokens: generation.promptTokens + output
    }
  }

  #all(events: readonly { readonly type: string }[]): string {
    return events.map((event) => this.#event(event.type, event)).join('')
  }

  #event(type: string, data: object): string {
    return `event: ${type}\ndata: ${JSON.stringify({ ...data, sequence_number: this.#sequence++, type })}\n\n`
  }
}
