import { describe, expect, test } from 'vitest'
import { priceOf, type TokenCounts, type UsageStatement } from '../../../../attestation/receipt/usage.ts'
import {
  doubtUsage,
  type KnownRequest,
  MEDIA_TOKENS,
  REASONING_TOKENS,
  TEMPLATE_TOKENS
} from '../../../../services/client/receipts/usage-plausibility.ts'

const PRICES = { prompt: 1_000_000n, cached: 500_000n, completion: 2_000_000n, reasoning: 3_000_000n }
const COUNTS: TokenCounts = { prompt: 10, cached: 5, completion: 20, reasoning: 0 }
const KNOWN: KnownRequest = {
  model: 'm',
  textBytes: 100,
  receivedBytes: 200,
  mediaParts: 0,
  answers: 1,
  outputLimit: 0,
  maxPrice: 0n,
  prices: PRICES,
  receipt: COUNTS
}

function statement(counts: Partial<TokenCounts> = {}, change: Partial<UsageStatement> = {}): UsageStatement {
  const all = { ...COUNTS, ...counts }
  return { counts: all, model: 'm', price: priceOf(all, PRICES), ...change } as UsageStatement
}

describe('a statement is believed', () => {
  test('when everything agrees', () => {
    expect(doubtUsage(statement(), KNOWN)).toEqual([])
  })

  test.each([
    ['at the bound of the prompt', { prompt: 100 + TEMPLATE_TOKENS, cached: 0 }, {}],
    ['with an image’s tokens', { prompt: 100 + MEDIA_TOKENS }, { mediaParts: 1 }],
    ['at the bound of the answer', { completion: 200 }, {}],
    ['at the bound of thinking', { reasoning: REASONING_TOKENS }, {}],
    ['at the limit of two answers', { completion: 20 }, { outputLimit: 10, answers: 2 }]
  ] as const)('%s', (_what, counts, known) => {
    const said = statement(counts)
    expect(doubtUsage(said, { ...KNOWN, ...known, receipt: said.counts })).toEqual([])
  })
})

describe('a statement is doubted', () => {
  test.each([
    ['over the prompt’s bound', { prompt: 101 + TEMPLATE_TOKENS, cached: 0 }, {}, /prompt tokens/],
    ['over the answer’s bytes', { completion: 201 }, {}, /completion tokens in 200 bytes/],
    ['over what a model may think', { reasoning: REASONING_TOKENS + 1 }, {}, /reasoning tokens/],
    ['over the request’s own limit', { completion: 20 }, { outputLimit: 19 }, /allows 19/],
    ['over the highest price', {}, { maxPrice: 1n }, /allows 1$/]
  ] as const)('%s', (_what, counts, known, doubt) => {
    const said = statement(counts)
    const doubts = doubtUsage(said, { ...KNOWN, ...known, receipt: said.counts })
    expect(doubts).toHaveLength(1)
    expect(doubts[0]).toMatch(doubt)
  })

  test.each([
    ['for another model', { model: 'other' }, /for the model other/],
    ['at another price', { price: 1n }, /accepted prices make another/]
  ] as const)('%s', (_what, change, doubt) => {
    expect(doubtUsage(statement({}, change), KNOWN)).toEqual([expect.stringMatching(doubt)])
  })

  test('with other counts than the receipt', () => {
    const receipt = { ...COUNTS, prompt: 11 }
    expect(doubtUsage(statement(), { ...KNOWN, receipt })).toEqual(['other counts than the receipt'])
  })
})
