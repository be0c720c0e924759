import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../../attestation/crypto.ts'
import { encodeHex } from '../../../../attestation/encoding.ts'
import { MAX_REFERENCE_VALUES } from '../../../../attestation/releases.ts'
import type { Host__Output } from '../../../../proto/gen/bombyx/v1/Host.ts'
import { decodeAnswer, decodeHost, decodeReferenceValues, encodeWish } from '../../../../services/client/relays/wire.ts'

const HOST: Host__Output = {
  hostId: Buffer.alloc(16, 1),
  provider: 'acme',
  keyset: Buffer.from('{}'),
  bundleDigest: Buffer.alloc(32, 2),
  collateralDigest: Buffer.alloc(32, 3),
  verdict: null,
  declaration: null,
  leaf: Buffer.alloc(0),
  logProof: Buffer.alloc(0)
}
const ACCEPT = { accept: Buffer.alloc(3), signature: Buffer.alloc(64) }
const REFUSAL = { keysetDigest: Buffer.alloc(32), code: 9 }

describe('a host', () => {
  test('is named by digests, and its keyset’s is computed', () => {
    const host = decodeHost(HOST)
    expect(host).toMatchObject({ hostId: '01'.repeat(16), provider: 'acme', region: '' })
    expect(encodeHex(host.claimedKeysetDigest)).toBe(encodeHex(sha256(HOST.keyset)))
  })

  test('cannot write to the terminal of who looks at it', () => {
    const provider = `evil\u001b[2J\r\n${'x'.repeat(500)}`
    const host = decodeHost({ ...HOST, provider })
    expect(host.provider).toMatch(/^evil\ufffd\[2J\ufffd\ufffdx+$/)
    expect(host.provider).toHaveLength(128)
  })

  test('has a leaf and its proof where the relay has them', () => {
    expect(decodeHost(HOST).log).toBeNull()
    const [leaf, logProof] = [Buffer.from('leaf'), Buffer.from('proof')]
    expect(decodeHost({ ...HOST, leaf, logProof }).log).toEqual({ leaf, proof: logProof })
    // Half of it is for admission to refuse.
    expect(decodeHost({ ...HOST, leaf }).log).toEqual({ leaf, proof: HOST.logProof })
  })

  test.each(['bundleDigest', 'collateralDigest'] as const)('without a whole %s is refused', (name) => {
    expect(() => decodeHost({ ...HOST, [name]: Buffer.alloc(31) })).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' })
    )
  })
})

describe('reference values', () => {
  const value = { leaf: Buffer.from('leaf'), proof: Buffer.from('proof'), logIndex: '7' }
  test('are leaves and proofs, and no relay’s word', () => {
    expect(decodeReferenceValues([value])).toEqual([{ leaf: value.leaf, proof: value.proof }])
  })

  test('more than are counted are refused, not cut', () => {
    const values = Array.from({ length: MAX_REFERENCE_VALUES + 1 }, () => value)
    expect(decodeReferenceValues(values.slice(1))).toHaveLength(MAX_REFERENCE_VALUES)
    expect(() => decodeReferenceValues(values)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})

describe('an answer to a hello', () => {
  test('is an accept or a refusal', () => {
    expect(decodeAnswer({ accept: ACCEPT, refusal: null })).toMatchObject({ kind: 'accept' })
    expect(decodeAnswer({ accept: null, refusal: REFUSAL })).toMatchObject({ kind: 'refusal', code: 'NO_CAPACITY' })
  })

  test('with a code that nobody knows broke the protocol', () => {
    const refusal = { ...REFUSAL, code: 77 }
    expect(decodeAnswer({ accept: null, refusal })).toMatchObject({ code: 'PROTOCOL' })
  })

  test.each([
    ['both', { accept: ACCEPT, refusal: REFUSAL }],
    ['neither', { accept: null, refusal: null }]
  ])('that is %s is refused', (_what, event) => {
    expect(() => decodeAnswer(event)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})

test('prices travel as decimal digits, and are absent when none are set', () => {
  const wish = { model: 'm', region: '', count: 8, exclude: [], maxPrices: undefined }
  expect(encodeWish(wish)).not.toHaveProperty('maxPrices')
  const maxPrices = { prompt: 1n, cached: 2n, completion: 3n, reasoning: 2n ** 53n - 1n }
  expect(encodeWish({ ...wish, maxPrices }).maxPrices).toMatchObject({ prompt: '1', reasoning: '9007199254740991' })
})
