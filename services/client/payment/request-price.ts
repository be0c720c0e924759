import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import { priceOf, type TokenCounts } from '../../../attestation/receipt/usage.ts'
import type { Prices } from '../../../attestation/session/leg.ts'
import { promptBound, REASONING_TOKENS, type SentRequest } from '../receipts/usage-plausibility.ts'

export interface PricedRequest extends SentRequest {
  /** Whether the route makes a model write at all. */
  readonly generates: boolean
}

/** nanoTON: all that a host gives on credit and a client signs in advance. Nothing dearer runs at the usual limits. */
export const MOST_REQUEST_PRICE = 2n * (EXPOSURE_LIMITS.credit - 1n)
/** Tokens of an answer whose request sets no limit: as many as a model is believed to think. */
export const UNLIMITED_TOKENS = REASONING_TOKENS
/** nanoTON for such a request where those tokens come to less: at a cheap model no answer ends for want of money. */
export const UNLIMITED_PRICE = EXPOSURE_LIMITS.credit / 20n
/** A statement's price is below 2^53. */
const MOST_STATED = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * nanoTON that a request may come to with the dearest of these hosts, rounded up: its `max_price`. Prompt tokens are bounded as
 * `doubtUsage` bounds them, output by the request's own limit, both at the higher price of their two classes. At least 1, since 0
 * says that there is no limit, and at most `ceiling` (0: none).
 */
export function estimatePrice(request: PricedRequest, prices: readonly Prices[], ceiling: bigint): bigint {
  const counts = boundTokens(request)
  const floor = request.generates && request.outputLimit === 0 ? UNLIMITED_PRICE : 1n
  const most = prices.map((one) => priceOf(counts, dearest(one))).reduce(larger, floor)
  return smaller(most, ceiling > 0n ? ceiling : MOST_STATED)
}

function boundTokens(request: PricedRequest): TokenCounts {
  const { generates, outputLimit, answers } = request
  const each = outputLimit > 0 ? outputLimit : UNLIMITED_TOKENS
  const output = generates ? each * Math.max(1, answers) : 0
  return { prompt: promptBound(request), cached: 0, completion: output, reasoning: 0 }
}

function dearest({ prompt, cached, completion, reasoning }: Prices): Prices {
  return { prompt: larger(prompt, cached), cached, completion: larger(completion, reasoning), reasoning }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
