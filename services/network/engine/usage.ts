import { completionTokens, type Generation, reasoningTokens } from './generation.ts'

/** `usage` of a whole answer, as vLLM gives it with `--enable-prompt-tokens-details`. */
export function usageOf(generation: Generation): object {
  const completion = completionTokens(generation)
  const reasoning = reasoningTokens(generation.choices)
  return {
    prompt_tokens: generation.promptTokens,
    total_tokens: generation.promptTokens + completion,
    completion_tokens: completion,
    prompt_tokens_details: { cached_tokens: generation.cachedTokens },
    ...(reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: reasoning } } : {})
  }
}

/** `usage` on a chunk under `continuous_usage_stats`: of that chunk's choice alone. */
export function runningUsage(promptTokens: number, completion: number): string {
  return `{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens + completion},"completion_tokens":${completion}}`
}
