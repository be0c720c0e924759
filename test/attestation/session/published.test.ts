import { readFileSync } from 'node:fs'
import { AEAD_EXPORT_ONLY, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256, KEM_MLKEM768_X25519 } from 'hpke'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { decodeJcs, encodeJcs, type JsonValue } from '../../../attestation/jcs.ts'
import { openAead, sealAead } from '../../../attestation/session/aead.ts'
import { BhttpResponseReader, encodeBhttpRequest, parseBhttpRequest } from '../../../attestation/session/bhttp.ts'
import { xwingPublicKey } from '../../vectors/session/xwing.ts'
import { refusalOf } from './alteration.ts'

describe('RFC 9292', () => {
  const vectors = read<Record<string, string>>('rfc9292')
  const request = decodeHex(vectors['known_length_request']!)

  it('a request of known length is read, and written the same', () => {
    const parsed = parseBhttpRequest(request)
    expect(parsed).toMatchObject({ method: 'GET', path: '/hello.txt', content: new Uint8Array(0) })
    expect(parsed.headers).toEqual([
      ['user-agent', 'curl/7.16.3 libcurl/7.16.3 OpenSSL/0.9.7l zlib/1.2.3'],
      ['host', 'www.example.com'],
      ['accept-language', 'en, mi']
    ])
    expect(encodeHex(encodeBhttpRequest(parsed))).toBe(vectors['known_length_request'])
  })

  it('a request may lose the empty sections at its end', () => {
    for (const cut of [1, 2]) expect(parseBhttpRequest(request.subarray(0, -cut))).toEqual(parseBhttpRequest(request))
  })

  it('a response of indeterminate length is read, informational ones before it too', () => {
    const reader = new BhttpResponseReader()
    const parts = reader.push(decodeHex(vectors['indeterminate_length_response']!))
    reader.end()
    expect(parts.map((part) => ('status' in part ? part.status : part.kind))).toEqual([
      102,
      103,
      200,
      'content',
      'trailers'
    ])
    expect(parts[0]).toMatchObject({ headers: [['running', '"sleep 15"']] })
    expect(parts[2]).toMatchObject({
      kind: 'head',
      headers: expect.arrayContaining([['etag', '"34aa387-d-1568eb00"']])
    })
    const [content] = parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : []))
    expect(decodeUtf8(content!)).toBe('Hello World! My content includes a trailing CRLF.\r\n')
  })

  it('the framings that this protocol does not use are refused', async () => {
    const other = decodeHex(vectors['indeterminate_length_request']!)
    expect(await refusalOf(() => parseBhttpRequest(other))).toBe('BHTTP_MALFORMED')
    const response = decodeHex(vectors['known_length_response']!)
    expect(await refusalOf(() => new BhttpResponseReader().push(response))).toBe('BHTTP_MALFORMED')
  })
})

describe('RFC 9180', () => {
  const vector = read<{
    readonly info: string
    readonly skRm: string
    readonly pkRm: string
    readonly enc: string
    readonly exports: readonly { exporter_context: string; L: number; exported_value: string }[]
  }>('rfc9180')

  it.each(vector.exports)('the library exports for the context “$exporter_context”', async (one) => {
    const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY)
    const privateKey = await suite.DeserializePrivateKey(decodeHex(vector.skRm))
    const publicKey = await suite.DeserializePublicKey(decodeHex(vector.pkRm))
    const info = decodeHex(vector.info)
    const ctx = await suite.SetupRecipient({ privateKey, publicKey }, decodeHex(vector.enc), { info })
    const exported = await ctx.Export(decodeHex(one.exporter_context), one.L)
    expect(encodeHex(exported)).toBe(one.exported_value)
  })
})

describe('X-Wing', () => {
  const vector = read<Record<'seed' | 'pk_sha256' | 'ct' | 'ct_sha256' | 'ss', string>>('xwing')

  it('the seed has the draft’s public key', () => {
    expect(encodeHex(sha256(xwingPublicKey(decodeHex(vector.seed))))).toBe(vector.pk_sha256)
  })

  it('the library decapsulates the draft’s ciphertext to the draft’s secret', async () => {
    expect(encodeHex(sha256(decodeHex(vector.ct)))).toBe(vector.ct_sha256)
    const kem = KEM_MLKEM768_X25519()
    const privateKey = await kem.DeserializePrivateKey(decodeHex(vector.seed), false)
    const ss = await kem.Decap(decodeHex(vector.ct), privateKey, undefined)
    expect(encodeHex(ss)).toBe(vector.ss)
  })
})

describe('RFC 8439', () => {
  const vector = read<Record<'key' | 'nonce' | 'aad' | 'plaintext_utf8' | 'ciphertext' | 'tag', string>>('rfc8439')
  const use = { key: decodeHex(vector.key), nonce: decodeHex(vector.nonce), aad: decodeHex(vector.aad) }
  const sealed = concatBytes(decodeHex(vector.ciphertext), decodeHex(vector.tag))

  it('is what seals and opens', () => {
    expect(encodeHex(sealAead(use, encodeUtf8(vector.plaintext_utf8)))).toBe(encodeHex(sealed))
    expect(decodeUtf8(openAead(use, sealed))).toBe(vector.plaintext_utf8)
  })

  it.each([
    ['another key', { ...use, key: new Uint8Array(32) }],
    ['another nonce', { ...use, nonce: new Uint8Array(12) }],
    ['other associated data', { ...use, aad: null }]
  ])('does not open under %s', async (_, other) => {
    expect(await refusalOf(() => openAead(other, sealed))).toBe('UNSEAL_FAILED')
  })
})

describe('RFC 8785', () => {
  const vectors = read<{
    readonly documents: readonly { json_utf8: string; jcs_utf8: string }[]
    readonly numbers: readonly (readonly [string, string])[]
    readonly not_numbers: readonly string[]
  }>('rfc8785')

  it.each(vectors.documents)('has one form of $json_utf8', async ({ json_utf8, jcs_utf8 }) => {
    const value = JSON.parse(json_utf8) as JsonValue
    expect(decodeUtf8(encodeJcs(value))).toBe(jcs_utf8)
    expect(decodeJcs(encodeUtf8(jcs_utf8), 4096)).toEqual(value)
    expect(await refusalOf(() => decodeJcs(encodeUtf8(json_utf8), 4096))).toBe('JCS_MALFORMED')
  })

  it.each(vectors.numbers)('writes the number %s as %s', (bits, text) => {
    expect(decodeUtf8(encodeJcs(double(bits)))).toBe(text)
  })

  it.each(vectors.not_numbers)('does not write %s', (bits) => {
    expect(() => encodeJcs(double(bits))).toThrow()
  })
})

function read<T>(name: string): T {
  const file = new URL(`../../vectors/published/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

function double(bits: string): number {
  return new DataView(decodeHex(bits).buffer).getFloat64(0)
}
