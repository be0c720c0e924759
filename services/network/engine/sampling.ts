import { badRequest, invalidBody } from './errors.ts'
import { type JsonObject, readBoolean, readInteger, readNumber, readObject, readString } from './fields.ts'

/** What chat and completions have in common. */
export interface Sampling {
  readonly n: number
  readonly maxTokens: number | undefined
  readonly minTokens: number
  readonly ignoreEos: boolean
  readonly stop: readonly string[]
  /** The number of alternatives to name beside each token; undefined: no log probabilities. */
  readonly topLogprobs: number | undefined
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly continuousUsage: boolean
  readonly cacheSalt: string
}

const MOST_LOGPROBS = 20
const MOST_CHOICES = 64

export function readSampling(body: JsonObject, topLogprobs: number | undefined): Sampling {
  checkRanges(body, topLogprobs)
  const stream = readBoolean(body, 'stream')
  const options = readObject(body, 'stream_options')
  if (options !== undefined && !stream) throw badRequest('Stream options can only be defined when `stream=True`.')
  const includeUsage = options !== undefined && (options['include_usage'] ?? true) === true
  return {
    n: readInteger(body, 'n') ?? 1,
    maxTokens: readInteger(body, 'max_completion_tokens') ?? readInteger(body, 'max_tokens'),
    minTokens: readInteger(body, 'min_tokens') ?? 0,
    ignoreEos: readBoolean(body, 'ignore_eos'),
    stop: readStop(body),
    topLogprobs,
    stream,
    includeUsage,
    continuousUsage: includeUsage && options['continuous_usage_stats'] === true,
    cacheSalt: readCacheSalt(body)
  }
}

/** Refuses what vLLM's sampling parameters refuse, in its words. */
function checkRanges(body: JsonObject, topLogprobs: number | undefined): void {
  const n = readInteger(body, 'n') ?? 1
  if (n < 1 || n > MOST_CHOICES) throw badRequest(`n must be at least 1, got ${n}.`, 'n')
  const temperature = readNumber(body, 'temperature') ?? 1
  if (temperature < 0) throw badRequest(`temperature must be non-negative, got ${temperature}.`, 'temperature')
  const topP = readNumber(body, 'top_p') ?? 1
  if (topP <= 0 || topP > 1) throw badRequest(`top_p must be in (0, 1], got ${topP}.`, 'top_p')
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const most = readInteger(body, name) ?? 1
    if (most < 1) throw badRequest(`${name} must be at least 1, got ${most}.`, name)
  }
  if ((topLogprobs ?? 0) > MOST_LOGPROBS) {
    const problem = `Requested sample logprobs of ${topLogprobs}, which is greater than max allowed: ${MOST_LOGPROBS}`
    throw badRequest(problem, 'logprobs')
  }
}

function readStop(body: JsonObject): readonly string[] {
  const stop = body['stop'] ?? []
  if (typeof stop === 'string') return [stop]
  if (!Array.isArray(stop) || stop.some((entry) => typeof entry !== 'string')) {
    throw invalidBody('stop', 'Input should be a valid string or list of strings')
  }
  return stop.filter((entry) => entry !== '')
}

function readCacheSalt(body: JsonObject): string {
  if (body['cache_salt'] === '') throw badRequest("Parameter 'cache_salt' must be a non-empty string if provided.")
  return readString(body, 'cache_salt') ?? ''
}
