import type { PrefixCache } from './prefix-cache.ts'

export type FinishedReason = 'stop' | 'length' | 'abort' | 'error'

const REASONS: readonly FinishedReason[] = ['stop', 'length', 'abort', 'error']

/** The counters behind /metrics, under vLLM's names. */
export class EngineMetrics {
  readonly #model: string
  readonly #finished = new Map<FinishedReason, number>()
  running = 0
  promptTokens = 0
  generationTokens = 0

  constructor(model: string) {
    this.#model = model
  }

  finish(reason: FinishedReason): void {
    this.#finished.set(reason, (this.#finished.get(reason) ?? 0) + 1)
  }

  /** Prometheus text format 0.0.4. */
  render(cache: PrefixCache): string {
    const finished = REASONS.map((reason) =>
      this.#line('request_success_total', this.#finished.get(reason) ?? 0, reason)
    )
    const caching = cache.enabled ? 'True' : 'False'
    return [
      '# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig',
      '# TYPE vllm:cache_config_info gauge',
      `vllm:cache_config_info{block_size="16",enable_prefix_caching="${caching}",engine="0"} 1.0`,
      ...this.#metric('num_requests_running', 'gauge', 'Number of requests in model execution batches.', this.running),
      ...this.#metric('num_requests_waiting', 'gauge', 'Number of requests waiting to be processed.', 0),
      ...this.#metric('kv_cache_usage_perc', 'gauge', 'KV-cache usage. 1 means 100 percent usage.', 0),
      ...this.#metric('prefix_cache_queries_total', 'counter', 'Prefix cache queries, in tokens.', cache.queries),
      ...this.#metric('prefix_cache_hits_total', 'counter', 'Prefix cache hits, in tokens.', cache.hits),
      ...this.#metric('prompt_tokens_total', 'counter', 'Number of prefill tokens processed.', this.promptTokens),
      ...this.#metric('generation_tokens_total', 'counter', 'Number of generation tokens.', this.generationTokens),
      '# HELP vllm:request_success_total Count of finished requests.',
      '# TYPE vllm:request_success_total counter',
      ...finished,
      ''
    ].join('\n')
  }

  #metric(name: string, type: string, help: string, value: number): readonly string[] {
    return [`# HELP vllm:${name} ${help}`, `# TYPE vllm:${name} ${type}`, this.#line(name, value)]
  }

  #line(name: string, value: number, reason?: FinishedReason): string {
    const labels = `engine="0",model_name=${JSON.stringify(this.#model)}`
    return `vllm:${name}{${labels}${reason === undefined ? '' : `,finished_reason="${reason}"`}} ${value}`
  }
}
