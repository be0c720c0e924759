import type { Call } from './engine.ts'
import { EngineError } from './errors.ts'
import { BrokenStream, type Choice, completionTokens, type Generation, generate, type Step } from './generation.ts'
import { sendJson, startEventStream, writePaced } from './http.ts'
import type { Sampling } from './sampling.ts'
import { runningUsage, usageOf } from './usage.ts'

/** How a route words its answer; each `…Chunk` gives the JSON of one entry of `choices`. */
export interface Wording {
  readonly id: string
  readonly model: string
  readonly created: number
  readonly object: string
  readonly chunkObject: string
  /** The chunk before the first token, where the route has one. */
  firstChunk?(): (index: number) => string
  stepChunk(index: number, step: Step): string
  lastChunk(index: number, choice: Choice): string
  /** One entry of `choices` of an answer that is not streamed. */
  whole(index: number, choice: Choice): object
}

/** Runs a generation and answers with it, streamed or whole, counted in the metrics until it ends or is hung up on. */
export async function serveGeneration(
  call: Call,
  generation: Generation,
  sampling: Sampling,
  wording: Wording
): Promise<void> {
  const { metrics } = call.engine
  metrics.running++
  metrics.promptTokens += generation.promptTokens
  try {
    if (sampling.stream) await stream(call, generation, sampling, wording)
    else await answerWhole(call, generation, wording)
    if (!call.signal.aborted) metrics.generationTokens += completionTokens(generation)
    metrics.finish(call.signal.aborted ? 'abort' : finishedReason(generation))
  } catch (error) {
    metrics.finish('error')
    if (!(error instanceof BrokenStream)) throw error
    call.response.destroy()
  } finally {
    metrics.running--
  }
}

async function answerWhole(call: Call, generation: Generation, wording: Wording): Promise<void> {
  for await (const _ of generate(generation, call.signal));
  if (call.signal.aborted) return
  sendJson(call.response, {
    id: wording.id,
    object: wording.object,
    created: wording.created,
    model: wording.model,
    choices: generation.choices.map((choice, index) => wording.whole(index, choice)),
    service_tier: null,
    system_fingerprint: null,
    usage: usageOf(generation),
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null
  })
}

async function stream(call: Call, generation: Generation, sampling: Sampling, wording: Wording): Promise<void> {
  const { response, signal } = call
  startEventStream(response)
  try {
    for await (const text of events(generation, sampling, wording, signal)) await writePaced(response, text, signal)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    // Headers are out: vLLM reports what fails from here on as an event.
    response.write(`data: ${JSON.stringify(error.body)}\n\n`)
  }
  response.end('data: [DONE]\n\n')
}

async function* events(
  generation: Generation,
  sampling: Sampling,
  wording: Wording,
  signal: AbortSignal
): AsyncGenerator<string> {
  const { choices, promptTokens } = generation
  const frame = chunkFrame(wording)
  const counts = choices.map(() => 0)
  const usage = (index: number) => (sampling.continuousUsage ? runningUsage(promptTokens, counts[index] ?? 0) : '')
  let first = wording.firstChunk?.()
  for await (const { index, step } of generate(generation, signal)) {
    // As vLLM does it: the role is told when there is a token to tell.
    if (first !== undefined) yield choices.map((_, choice) => frame(first?.(choice) ?? '', usage(choice))).join('')
    first = undefined
    counts[index] = (counts[index] ?? 0) + 1
    const last = counts[index] === choices[index]?.steps.length ? choices[index] : undefined
    const chunk = frame(wording.stepChunk(index, step), usage(index))
    yield last === undefined ? chunk : chunk + frame(wording.lastChunk(index, last), usage(index))
  }
  if (signal.aborted) return
  // A choice that a stop string cut to nothing has no token to end with.
  for (const [index, choice] of choices.entries()) {
    if (choice.steps.length > 0) continue
    yield frame(first?.(index) ?? '', usage(index)) + frame(wording.lastChunk(index, choice), usage(index))
  }
  if (sampling.includeUsage) yield frame('', JSON.stringify(usageOf(generation)))
}

/** The parts of a chunk that never change are written once. */
function chunkFrame(wording: Wording): (choice: string, usage: string) => string {
  const { id, chunkObject: object, created, model } = wording
  const head = `data: ${JSON.stringify({ id, object, created, model }).slice(0, -1)},"choices":[`
  return (choice, usage) => `${head}${choice}]${usage === '' ? '' : `,"usage":${usage}`}}\n\n`
}

function finishedReason(generation: Generation): 'stop' | 'length' {
  return generation.choices.some(({ finishReason }) => finishReason === 'length') ? 'length' : 'stop'
}
