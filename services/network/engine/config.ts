import type { EnvReader } from '../../runtime/env.ts'

/** What one stand-in serves. */
export interface EngineConfig {
  /** host:port; port 0 takes a free one. */
  readonly listen: string
  /** Served model names; the first is what a request without a model gets. */
  readonly models: readonly string[]
  /** Tokens of prompt and answer together. */
  readonly maxModelLength: number
  /** Between tokens, where a request does not say. */
  readonly tokenDelayMs: number
  /** Absent: on, as in vLLM. Off, prompts are never warm, and a host serves the routes that take no `cache_salt` too. */
  readonly prefixCaching?: boolean
}

/**
 * Reads BOMBYX_ENGINE_LISTEN, BOMBYX_MODEL (a list), BOMBYX_ENGINE_CONTEXT, BOMBYX_ENGINE_TOKEN_DELAY
 * and BOMBYX_ENGINE_PREFIX_CACHING.
 */
export function readEngineConfig(env: EnvReader): EngineConfig {
  return {
    listen: env.text('BOMBYX_ENGINE_LISTEN', '127.0.0.1:0'),
    models: env.list('BOMBYX_MODEL', ['Qwen/Qwen3-8B']),
    maxModelLength: env.integer('BOMBYX_ENGINE_CONTEXT', { fallback: 2_097_152, min: 1 }),
    tokenDelayMs: env.duration('BOMBYX_ENGINE_TOKEN_DELAY', '15ms'),
    prefixCaching: env.flag('BOMBYX_ENGINE_PREFIX_CACHING', true)
  }
}
