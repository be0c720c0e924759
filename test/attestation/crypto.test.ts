import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createSha256,
  ecPublicKey,
  ecPublicPoint,
  ed25519PublicBytes,
  generateEc,
  generateEd25519,
  hkdfExpand,
  hkdfExtract,
  hmacSha256,
  sha256,
  sha384,
  signEcdsa,
  signEd25519,
  verifyEcdsa,
  verifyEd25519
} from '../../attestation/crypto.ts'
import { decodeHex, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 5 })

describe('a hash', () => {
  it('is the platform’s, of one part, of several, and of what comes in pieces', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const whole = Buffer.concat(parts)
        const expected = createHash('sha256').update(whole).digest('hex')
        const incremental = createSha256()
        for (const part of parts) incremental.update(part)
        expect([encodeHex(sha256(...parts)), encodeHex(sha256(whole)), encodeHex(incremental.digest())]).toEqual([
          expected,
          expected,
          expected
        ])
        expect(encodeHex(sha384(...parts))).toBe(createHash('sha384').update(whole).digest('hex'))
      })
    )
  })
})

describe('an Ed25519 key', () => {
  const message = encodeUtf8('what was said')

  it('is known again by its bytes, whoever holds them, however many there were since', () => {
    const keys = Array.from({ length: 600 }, generateEd25519)
    const signatures = keys.map((key) => signEd25519(key, message))
    for (const round of [1, 2]) {
      const verdicts = keys.map((key, at) =>
        verifyEd25519(ed25519PublicBytes(key), message, signatures[at] ?? new Uint8Array(64))
      )
      expect({ round, all: verdicts.every(Boolean) }).toEqual({ round, all: true })
    }
  })

  it('is another as soon as a byte of it is', () => {
    const key = generateEd25519()
    const signature = signEd25519(key, message)
    const mine = ed25519PublicBytes(key)
    expect(verifyEd25519(mine, message, signature)).toBe(true)
    mine.set(ed25519PublicBytes(generateEd25519()))
    expect(verifyEd25519(mine, message, signature)).toBe(false)
    expect(verifyEd25519(ed25519PublicBytes(key), message, signature)).toBe(true)
  })
})

describe('a point of a curve', () => {
  it.each(['P-256', 'P-384'] as const)('of %s is one key, whoever holds its bytes, and no other', (curve) => {
    const [mine, other] = [generateEc(curve), generateEc(curve)]
    const [signature, point] = [signEcdsa(curve, mine, encodeUtf8('said')), ecPublicPoint(mine)]
    for (const bytes of [point, point.slice()]) {
      expect(verifyEcdsa(curve, ecPublicKey(curve, bytes), encodeUtf8('said'), signature)).toBe(true)
    }
    const stranger = ecPublicKey(curve, ecPublicPoint(other))
    expect(verifyEcdsa(curve, stranger, encodeUtf8('said'), signature)).toBe(false)
  })

  it('that is not on its curve is refused, each time', () => {
    const point = ecPublicPoint(generateEc('P-256'))
    point[63] = (point[63] ?? 0) ^ 1
    for (const _ of [1, 2]) expect(() => ecPublicKey('P-256', point)).toThrow()
  })
})

describe('HMAC-SHA256', () => {
  const { cases } = read<{ cases: readonly { key: string; data_utf8: string; mac: string }[] }>('rfc4231')

  it.each(cases)('of “$data_utf8” is that of RFC 4231', ({ key, data_utf8, mac }) => {
    expect(encodeHex(hmacSha256(decodeHex(key), encodeUtf8(data_utf8)))).toBe(mac)
  })

  it('is the platform’s, for any key and parts, and leaves the key as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), pieces, (key, parts) => {
        const before = key.slice()
        const expected = createHmac('sha256', key).update(Buffer.concat(parts)).digest('hex')
        expect(encodeHex(hmacSha256(key, ...parts))).toBe(expected)
        expect(key).toEqual(before)
      })
    )
  })
})

describe('HKDF-SHA256', () => {
  it('is that of RFC 5869', () => {
    const vector = read<Record<'ikm' | 'salt' | 'info' | 'prk' | 'okm', string>>('rfc5869')
    const prk = hkdfExtract(decodeHex(vector.salt), decodeHex(vector.ikm))
    expect(encodeHex(prk)).toBe(vector.prk)
    expect(encodeHex(hkdfExpand(prk, decodeHex(vector.info), 42))).toBe(vector.okm)
  })
})

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/published/${name}.json`, import.meta.url), 'utf8')) as T
}
