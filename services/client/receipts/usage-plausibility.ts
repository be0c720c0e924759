import { priceOf, type TokenCounts, type UsageStatement } from '../../../attestation/receipt/usage.ts'
import type { Prices } from '../../../attestation/session/leg.ts'

/** What of a request bounds the tokens that may be counted for it. */
export interface SentRequest {
  /** Of the request's HTTP content: without pictures, with a query again for each document. */
  readonly textBytes: number
  /** Image, audio and video parts in the prompt. */
  readonly mediaParts: number
  /** Answers asked for: choices times prompts. */
  readonly answers: number
  /** Tokens an answer; 0: none. */
  readonly outputLimit: number
}

/** What the client knows itself of a request that a host wants paid. */
export interface KnownRequest extends SentRequest {
  readonly model: string
  /** Of the answer's HTTP content, as far as it came. */
  readonly receivedBytes: number
  /** nanoTON; 0: none. */
  readonly maxPrice: bigint
  /** As accepted with the leg. */
  readonly prices: Prices
  /** The counts of the verified receipt; absent where there is none. */
  readonly receipt?: TokenCounts
}

/** Tokens that a chat template may add to a prompt beside what was sent, tools included. */
export const TEMPLATE_TOKENS = 2048
/** Tokens that one image, recording or video may become: media given by URL are longer than their bytes. */
export const MEDIA_TOKENS = 16_384
/** Tokens that a model may think without showing them, where the request sets no limit. */
export const REASONING_TOKENS = 65_536

/**
 * What of a signed usage statement is hard to believe, in words; empty: nothing. A token is at least one byte of text,
 * so that bytes bound tokens. The client signs no voucher for a statement that it doubts.
 */
export function doubtUsage(
  { counts, model, price }: Pick<UsageStatement, 'counts' | 'model' | 'price'>,
  known: KnownRequest
): readonly string[] {
  const prompt = counts.prompt + counts.cached
  const output = counts.completion + counts.reasoning
  const limit = known.outputLimit * Math.max(1, known.answers)
  const reasoningBound = known.outputLimit > 0 ? limit : REASONING_TOKENS * Math.max(1, known.answers)
  const rules: readonly (readonly [boolean, string])[] = [
    [model !== known.model, `the statement is for the model ${model}`],
    [prompt > promptBound(known), `${prompt} prompt tokens for ${known.textBytes} bytes of text`],
    [counts.completion > known.receivedBytes, `${counts.completion} completion tokens in ${known.receivedBytes} bytes`],
    [counts.reasoning > reasoningBound, `${counts.reasoning} reasoning tokens, at most ${reasoningBound} are believed`],
    [known.outputLimit > 0 && output > limit, `${output} tokens of output, the request allows ${limit}`],
    [price !== priceOf(counts, known.prices), `a price of ${price} where the accepted prices make another`],
    [known.maxPrice > 0n && price > known.maxPrice, `a price of ${price}, the request allows ${known.maxPrice}`],
    [known.receipt !== undefined && !sameCounts(counts, known.receipt), 'other counts than the receipt']
  ]
  return rules.filter(([broken]) => broken).map(([, doubt]) => doubt)
}

/** Tokens that a prompt may be counted as, at most. */
export function promptBound({ textBytes, mediaParts }: SentRequest): number {
  return textBytes + TEMPLATE_TOKENS + mediaParts * MEDIA_TOKENS
}

export function sameCounts(a: TokenCounts, b: TokenCounts): boolean {
  return a.prompt === b.prompt && a.cached === b.cached && a.completion === b.completion && a.reasoning === b.reasoning
}
