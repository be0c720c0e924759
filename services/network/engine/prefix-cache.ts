import { createHash } from 'node:crypto'

const BLOCK_TOKENS = 16
const MOST_BLOCKS = 65_536

/**
 * vLLM's automatic prefix cache in small: blocks of 16 tokens, each known by a hash over all before it, and the first
 * hash by `cache_salt`. So a prefix is warm only for requests with the same salt.
 */
export class PrefixCache {
  readonly #blocks = new Set<string>()
  readonly enabled: boolean
  queries = 0
  hits = 0

  constructor(enabled: boolean) {
    this.enabled = enabled
  }

  /** The number of tokens at the start of `tokens` that were there before; all whole blocks are there afterwards. */
  cachedTokens(tokens: readonly string[], salt: string): number {
    if (!this.enabled) return 0
    const chain = createHash('sha256').update(`${salt}\n`)
    let warm = 0
    // The last token is always computed, so a prompt is never warm as a whole.
    const whole = Math.floor((tokens.length - 1) / BLOCK_TOKENS)
    for (let block = 0; block < whole; block++) {
      chain.update(tokens.slice(block * BLOCK_TOKENS, (block + 1) * BLOCK_TOKENS).join(''))
      const key = chain.copy().digest('base64')
      if (this.#touch(key) && warm === block) warm = block + 1
    }
    this.queries += tokens.length
    this.hits += warm * BLOCK_TOKENS
    return warm * BLOCK_TOKENS
  }

  /** Whether the block was there; it is the newest now, and the oldest goes when there are too many. */
  #touch(key: string): boolean {
    const known = this.#blocks.delete(key)
    this.#blocks.add(key)
    if (this.#blocks.size > MOST_BLOCKS) {
      const [oldest] = this.#blocks
      if (oldest !== undefined) this.#blocks.delete(oldest)
    }
    return known
  }
}
