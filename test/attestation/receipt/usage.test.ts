import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { parseUsage, priceOf, signUsage, USAGE_FINISHES, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { encodeKeyset, parseKeyset } from '../../../attestation/session/keyset.ts'

const MODEL = 'a/model'
const receiptKey = generateEd25519()
const keyset = parseKeyset(
  encodeKeyset({
    epoch: randomBytes(16),
    subject: `bombyx:host:${'0'.repeat(32)}`,
    model: { id: MODEL, engine: 'vllm', weights: randomBytes(32) },
    notAfter: 1_800_000_000,
    sessionKeys: [{ keyId: 's1', publicKey: randomBytes(32) }],
    receiptKeys: [{ keyId: 'r1', publicKey: ed25519PublicBytes(receiptKey) }],
    gpus: [],
    switches: [],
    tlsKeys: []
  })
)

describe('a price', () => {
  it.each([
    ['nothing', [0, 0, 0, 0], [5n, 5n, 5n, 5n], 0n],
    ['part of a nanoTON, rounded up', [1, 0, 0, 0], [1n, 0n, 0n, 0n], 1n],
    ['a whole nanoTON', [1_000_000, 0, 0, 0], [1n, 0n, 0n, 0n], 1n],
    ['the classes together, rounded once', [500_000, 500_000, 500_000, 500_000], [1n, 1n, 1n, 1n], 2n],
    ['more than a number can hold', [2 ** 52, 0, 0, 0], [2n ** 52n, 0n, 0n, 0n], 20282409603651670423947252n]
  ] as const)('is that of %s', (_, [prompt, cached, completion, reasoning], [a, b, c, d], price) => {
    const prices = { prompt: a, cached: b, completion: c, reasoning: d }
    expect(priceOf({ prompt, cached, completion, reasoning }, prices)).toBe(price)
  })

  it('never falls when a count grows', () => {
    const count = fc.nat(1_000_000)
    const price = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })
    fc.assert(
      fc.property(count, count, price, (prompt, more, one) => {
        const prices = { prompt: one, cached: 0n, completion: 0n, reasoning: 0n }
        const at = (tokens: number) => priceOf({ prompt: tokens, cached: 0, completion: 0, reasoning: 0 }, prices)
        expect(at(prompt + more)).toBeGreaterThanOrEqual(at(prompt))
      })
    )
  })
})

describe('a usage statement', () => {
  const count = fc.maxSafeNat()
  const statements = fc.record({
    counts: fc.record({ prompt: count, cached: count, completion: count, reasoning: count }),
    durationMs: count,
    epoch: fc.constant(keyset.epoch),
    finish: fc.constantFrom(...USAGE_FINISHES),
    keyId: fc.constant('r1'),
    model: fc.constant(MODEL),
    n: count,
    price: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
    receiptHash: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 })),
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    sessionId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    tenant: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    keysetDigest: fc.constant(keyset.digest)
  })

  it('is read as it was signed, and its signature holds', () => {
    fc.assert(
      fc.property(statements, (fields) => {
        const bytes = signUsage(fields, receiptKey)
        expect(parseUsage(bytes)).toMatchObject(fields)
        expect(verifyUsage(bytes, keyset)).toEqual(parseUsage(bytes))
      })
    )
  })

  it('is not signed for a price that does not fit', () => {
    const [fields] = fc.sample(statements, 1)
    expect(() => signUsage({ ...fields!, price: 2n ** 53n }, receiptKey)).toThrow(TypeError)
    expect(() => signUsage({ ...fields!, price: -1n }, receiptKey)).toThrow(TypeError)
  })
})
