import { randomBytes } from 'node:crypto'
import { answerCompletion } from './answer.ts'
import { chunkDelivery, type Wording } from './chunks.ts'
import { type Call, checkContext, checkStatus, chooseModel } from './engine.ts'
import { badRequest, invalidBody } from './errors.ts'
import { type JsonObject, readBoolean, readInteger } from './fields.ts'
import { chooseWords, type Generation } from './generation.ts'
import { readJson } from './http.ts'
import { readKnobs } from './knobs.ts'
import { legacyLogprobs } from './logprobs.ts'
import { readSampling } from './sampling.ts'
import { serveGeneration } from './serve.ts'
import { detokenize, tokenize } from './tokens.ts'

/** POST /v1/completions */
export async function completions(call: Call): Promise<void> {
  const { engine } = call
  const body = await readJson(call.request)
  const model = chooseModel(engine, body)
  const prompts = readPrompts(body)
  const sampling = readSampling(body, readInteger(body, 'logprobs'))
  const knobs = readKnobs(body, prompts.join('\n'), engine.config.tokenDelayMs)
  checkStatus(knobs.status)
  const tokens = prompts.map(tokenize)
  for (const one of tokens) checkContext(engine, one.length, sampling.maxTokens)
  const echoed = readBoolean(body, 'echo')
  const choices = prompts.flatMap((prompt) =>
    Array.from({ length: sampling.n }, (_, index) =>
      chooseWords(`${echoed ? prompt : ''}${answerCompletion(prompt, index)}`, sampling, knobs)
    )
  )
  const generation: Generation = {
    promptTokens: tokens.reduce((total, one) => total + one.length, 0),
    cachedTokens: tokens.reduce((total, one) => total + engine.cache.cachedTokens(one, sampling.cacheSalt), 0),
    choices,
    knobs
  }
  const wording = textWording(model, engine.created, sampling.topLogprobs)
  await serveGeneration(call, generation, chunkDelivery(generation, sampling, wording))
}

/** A string, a list of strings, a list of token ids, or a list of such lists. */
export function readPrompts(body: JsonObject): readonly string[] {
  const prompt = body['prompt'] ?? body['input']
  if (prompt === undefined || prompt === null) throw invalidBody('prompt', 'Field required')
  if (typeof prompt === 'string') return [prompt]
  if (!Array.isArray(prompt)) throw invalidBody('prompt', 'Input should be a valid string or list')
  if (prompt.length === 0) throw badRequest('prompt must not be empty', 'prompt')
  if (typeof prompt[0] === 'number') return [detokenize(prompt)]
  return prompt.map((entry) => {
    if (typeof entry === 'string') return entry
    if (Array.isArray(entry)) return detokenize(entry)
    throw invalidBody('prompt', 'Input should be a valid string or list')
  })
}

function textWording(model: string, created: number, topLogprobs: number | undefined): Wording {
  const offsets = new Map<number, number>()
  const logprobs = (index: number, tokens: readonly string[]) => {
    if (topLogprobs === undefined) return null
    const offset = offsets.get(index) ?? 0
    offsets.set(index, offset + tokens.join('').length)
    return legacyLogprobs(tokens, topLogprobs, offset)
  }
  return {
    id: `cmpl-${randomBytes(16).toString('hex')}`,
    model,
    created,
    object: 'text_completion',
    chunkObject: 'text_completion',
    stepChunk: (index, step, end) =>
      `{"index":${index},"text":${JSON.stringify(step.text)},"logprobs":${JSON.stringify(logprobs(index, [step.text]))},` +
      `"finish_reason":${JSON.stringify(end?.finishReason ?? null)},` +
      `"stop_reason":${JSON.stringify(end?.stopReason ?? null)},"token_ids":null}`,
    lastChunk: (index, choice) =>
      `{"index":${index},"text":"","logprobs":null,"finish_reason":"${choice.finishReason}",` +
      `"stop_reason":${JSON.stringify(choice.stopReason)},"token_ids":null}`,
    whole: (index, choice) => ({
      index,
      text: choice.steps.map(({ text }) => text).join(''),
      logprobs: logprobs(
        index,
        choice.steps.map(({ text }) => text)
      ),
      finish_reason: choice.finishReason,
      stop_reason: choice.stopReason,
      token_ids: null,
      prompt_logprobs: null,
      prompt_token_ids: null
    })
  }
}
