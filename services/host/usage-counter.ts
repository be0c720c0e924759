import type { TokenCounts } from '../../attestation/receipt/usage.ts'

/** `usage` as the engine writes it: prompt with cached, completion with reasoning. */
export type EngineUsage = Readonly<Record<string, unknown>>

/** Counts the tokens of one answer from the figures that the engine gives with it. */
export class UsageCounter {
  readonly #completions = new Map<number, number>()
  readonly #reasonings = new Map<number, number>()
  #prompt = 0
  #cached = 0
  #total: EngineUsage | undefined

  /** Figures on a chunk: of that choice alone, up to now. */
  running(choice: number, usage: EngineUsage): void {
    this.#prompt = Math.max(this.#prompt, count(usage['prompt_tokens']))
    this.#cached = Math.max(this.#cached, cachedOf(usage))
    this.#completions.set(choice, count(usage['completion_tokens']))
    this.#reasonings.set(choice, reasoningOf(usage))
  }

  /** The figures of the whole answer. */
  total(usage: EngineUsage): void {
    this.#total = usage
  }

  /** Disjoint counts, as statements and prices have them. Without any figures all are zero. */
  get counts(): TokenCounts {
    if (this.#total !== undefined) {
      const { prompt_tokens: prompt, completion_tokens: completion } = this.#total
      return disjoint(count(prompt), cachedOf(this.#total), count(completion), reasoningOf(this.#total))
    }
    return disjoint(this.#prompt, this.#cached, sum(this.#completions), sum(this.#reasonings))
  }
}

export const NO_TOKENS: TokenCounts = { prompt: 0, cached: 0, completion: 0, reasoning: 0 }

function disjoint(prompt: number, cached: number, completion: number, reasoning: number): TokenCounts {
  const [warm, thought] = [Math.min(cached, prompt), Math.min(reasoning, completion)]
  return { prompt: prompt - warm, cached: warm, completion: completion - thought, reasoning: thought }
}

function cachedOf(usage: EngineUsage): number {
  return count(detail(usage['prompt_tokens_details'], 'cached_tokens'))
}

function reasoningOf(usage: EngineUsage): number {
  return count(detail(usage['completion_tokens_details'], 'reasoning_tokens'))
}

function detail(details: unknown, name: string): unknown {
  return typeof details === 'object' && details !== null ? (details as EngineUsage)[name] : undefined
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function sum(counts: ReadonlyMap<number, number>): number {
  let total = 0
  for (const value of counts.values()) total += value
  return total
}
