import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { priceOf, type TokenCounts, type UsageStatement } from '../../../../attestation/receipt/usage.ts'
import {
  estimatePrice,
  MOST_REQUEST_PRICE,
  type PricedRequest,
  UNLIMITED_PRICE,
  UNLIMITED_TOKENS
} from '../../../../services/client/payment/request-price.ts'
import { doubtUsage, MEDIA_TOKENS, TEMPLATE_TOKENS } from '../../../../services/client/receipts/usage-plausibility.ts'

/** One nanoTON a token of prompt, two and three of output. */
const PRICES = { prompt: 1_000_000n, cached: 500_000n, completion: 2_000_000n, reasoning: 3_000_000n }
const DEAR = { ...PRICES, completion: 10_000_000n }
const FREE = { prompt: 0n, cached: 0n, completion: 0n, reasoning: 0n }
const REQUEST: PricedRequest = { textBytes: 100, mediaParts: 0, answers: 1, outputLimit: 50, generates: true }
const PROMPT = BigInt(100 + TEMPLATE_TOKENS)

describe('a request may come to', () => {
  test.each([
    ['its bytes and its limit, output at the dearer class', {}, PROMPT + 150n],
    ['more with an image', { mediaParts: 2 }, PROMPT + BigInt(2 * MEDIA_TOKENS) + 150n],
    ['its limit for each answer', { answers: 4 }, PROMPT + 600n],
    ['its prompt alone where nothing is written', { generates: false, outputLimit: 0 }, PROMPT]
  ] as const)('%s', (_, change, price) => {
    expect(estimatePrice({ ...REQUEST, ...change }, [PRICES], MOST_REQUEST_PRICE)).toBe(price)
  })

  test('what it costs with the dearest host, prompts at the dearer of cold and cached', () => {
    const cached = { ...PRICES, cached: 7_000_000n }
    expect(estimatePrice(REQUEST, [PRICES, DEAR], MOST_REQUEST_PRICE)).toBe(PROMPT + 500n)
    expect(estimatePrice(REQUEST, [cached, PRICES], MOST_REQUEST_PRICE)).toBe(7n * PROMPT + 150n)
  })

  test('a part of a nanoTON more, never less', () => {
    const price = { ...FREE, completion: 1n }
    expect(estimatePrice(REQUEST, [price], MOST_REQUEST_PRICE)).toBe(1n)
  })

  test('1 nanoTON where all is free: 0 says that there is no limit', () => {
    expect(estimatePrice(REQUEST, [FREE], MOST_REQUEST_PRICE)).toBe(1n)
  })
})

describe('without a limit of its own a request may come to', () => {
  const unlimited = { ...REQUEST, outputLimit: 0 }

  test('as many tokens as a model is believed to think', () => {
    const dear = { ...PRICES, reasoning: 100_000_000n }
    expect(estimatePrice(unlimited, [dear], 0n)).toBe(PROMPT + 100n * BigInt(UNLIMITED_TOKENS))
  })

  test('no less than a twentieth of the credit, whatever the model costs', () => {
    expect(estimatePrice(unlimited, [PRICES], MOST_REQUEST_PRICE)).toBe(UNLIMITED_PRICE)
    expect(UNLIMITED_PRICE).toBe(2_500_000n)
  })
})

test('never above the ceiling; without one, below what a statement can say', () => {
  const huge = { ...REQUEST, outputLimit: 0xffff_ffff, answers: 0xffff_ffff }
  const prices = [{ ...PRICES, completion: 2n ** 53n - 1n }]
  expect(estimatePrice(huge, prices, 77n)).toBe(77n)
  expect(estimatePrice(huge, prices, 0n)).toBe(2n ** 53n - 1n)
})

test('what the usage check believes of a request with a limit, the estimate covers', () => {
  const price = fc.bigInt(0n, 10n ** 10n)
  const prices = fc.record({ prompt: price, cached: price, completion: price, reasoning: price })
  const request = fc.record({
    textBytes: fc.nat(1_000_000),
    mediaParts: fc.nat(5),
    answers: fc.integer({ min: 1, max: 8 }),
    outputLimit: fc.integer({ min: 1, max: 200_000 })
  })
  const counts = fc.record({
    prompt: fc.nat(1_200_000),
    cached: fc.nat(200_000),
    completion: fc.nat(800_000),
    reasoning: fc.nat(800_000)
  })
  fc.assert(
    fc.property(request, prices, counts, (sent, leg, said: TokenCounts) => {
      const known = { ...sent, model: 'm', receivedBytes: 10 ** 9, maxPrice: 0n, prices: leg }
      const usage = { counts: said, model: 'm', price: priceOf(said, leg) } as UsageStatement
      fc.pre(doubtUsage(usage, known).length === 0)
      expect(estimatePrice({ ...sent, generates: true }, [leg], 0n)).toBeGreaterThanOrEqual(usage.price)
    })
  )
})
