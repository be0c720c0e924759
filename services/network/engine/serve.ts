import type { Call } from './engine.ts'
import { EngineError } from './errors.ts'
import { BrokenStream, completionTokens, type Generation, generate } from './generation.ts'
import { sendJson, startEventStream, writePaced } from './http.ts'

/** How a route tells an answer. */
export interface Delivery {
  readonly stream: boolean
  /** The body of an answer that is not streamed. */
  whole(): object
  /** The events of one that is, each with its blank line. */
  events(signal: AbortSignal): AsyncGenerator<string>
  /** The event that tells of a failure when the head is out; undefined: the connection is torn, as vLLM does there. */
  failure(error: EngineError): string | undefined
  /** What ends a stream. */
  readonly end: string
}

/** Runs a generation and answers with it, streamed or whole, counted in the metrics until it ends or is hung up on. */
export async function serveGeneration(call: Call, generation: Generation, delivery: Delivery): Promise<void> {
  const { metrics } = call.engine
  metrics.running++
  metrics.promptTokens += generation.promptTokens
  try {
    if (delivery.stream) await stream(call, delivery)
    else await answerWhole(call, generation, delivery)
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

async function answerWhole(call: Call, generation: Generation, delivery: Delivery): Promise<void> {
  for await (const _ of generate(generation, call.signal));
  if (!call.signal.aborted) sendJson(call.response, delivery.whole())
}

async function stream({ response, signal }: Call, delivery: Delivery): Promise<void> {
  startEventStream(response)
  try {
    for await (const text of delivery.events(signal)) await writePaced(response, text, signal)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    const told = delivery.failure(error)
    if (told === undefined) throw new BrokenStream(error.message)
    response.write(told)
  }
  response.end(delivery.end)
}

function finishedReason(generation: Generation): 'stop' | 'length' {
  return generation.choices.some(({ finishReason }) => finishReason === 'length') ? 'length' : 'stop'
}
