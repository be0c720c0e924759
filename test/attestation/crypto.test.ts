import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSha256, hkdfExpand, hkdfExtract, hmacSha256, sha256, sha384 } from '../../attestation/crypto.ts'
import { decodeHex, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 })

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
