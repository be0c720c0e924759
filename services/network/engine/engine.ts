import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EngineConfig } from './config.ts'
import { badRequest, EngineError, unknownModel } from './errors.ts'
import { type JsonObject, readString } from './fields.ts'
import { hangUpSignal } from './http.ts'
import { EngineMetrics } from './metrics.ts'
import { PrefixCache } from './prefix-cache.ts'

/** What all requests of one engine share. */
export interface Engine {
  readonly config: EngineConfig
  readonly cache: PrefixCache
  readonly metrics: EngineMetrics
  /** Unix seconds of the start. */
  readonly created: number
}

/** One request. `signal` aborts when its caller hangs up. */
export interface Call {
  readonly engine: Engine
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

export function createEngine(config: EngineConfig, nowMs: number): Engine {
  const metrics = new EngineMetrics(config.models[0] ?? '')
  return { config, cache: new PrefixCache(config.prefixCaching ?? true), metrics, created: Math.floor(nowMs / 1000) }
}

export function createCall(engine: Engine, request: IncomingMessage, response: ServerResponse): Call {
  return { engine, request, response, signal: hangUpSignal(response) }
}

/** The model asked for, or the first where none is named. Refuses one that is not served. */
export function chooseModel(engine: Engine, body: JsonObject): string {
  const model = readString(body, 'model') ?? engine.config.models[0]
  if (model === undefined || !engine.config.models.includes(model))
    throw unknownModel(model ?? '', engine.config.models)
  return model
}

/** Refuses a prompt and wished answer that are longer than the context, in vLLM's words. */
export function checkContext(engine: Engine, promptTokens: number, maxTokens: number | undefined): void {
  const most = engine.config.maxModelLength
  if (promptTokens + (maxTokens ?? 1) <= most) return
  throw badRequest(
    `This model's maximum context length is ${most} tokens. However, you requested ${maxTokens ?? 1} output tokens and ` +
      `your prompt contains at least ${promptTokens} input tokens, for a total of at least ` +
      `${promptTokens + (maxTokens ?? 1)} tokens. Please reduce the length of the input prompt or the number of ` +
      'requested output tokens.',
    'input_tokens'
  )
}

/** An error of the status that a knob asks for. */
export function checkStatus(status: number | undefined): void {
  if (status === undefined) return
  throw new EngineError(status, status < 500 ? 'BadRequestError' : 'InternalServerError', `status ${status} on demand`)
}
