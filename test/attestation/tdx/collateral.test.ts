import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeUtf8, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import {
  crlBytes,
  encodeTdxCollateral,
  MAX_COLLATERAL,
  parseTdxCollateral,
  type TdxCollateral
} from '../../../attestation/tdx/collateral.ts'
import { signedMember } from '../../../attestation/tdx/signed-member.ts'
import { createEvidence, createRoot } from './evidence.ts'

const malformed = expect.objectContaining({ code: 'COLLATERAL_MALFORMED' })

let collateral: TdxCollateral

beforeAll(async () => {
  collateral = (await createEvidence(await createRoot())).collateral
})

describe('the collateral document', () => {
  test('is written and read back', () => {
    expect(parseTdxCollateral(encodeTdxCollateral(collateral))).toEqual(collateral)
  })

  test('may have members that others read', () => {
    const document = { ...JSON.parse(decodeUtf8(encodeTdxCollateral(collateral))), pck_certificate_chain: null }
    expect(parseTdxCollateral(encodeUtf8(JSON.stringify(document)))).toEqual(collateral)
  })

  test('lacks none of its members', () => {
    const document = JSON.parse(decodeUtf8(encodeTdxCollateral(collateral)))
    for (const member of Object.keys(document)) {
      const { [member]: _, ...rest } = document
      expect(() => parseTdxCollateral(encodeUtf8(JSON.stringify(rest)))).toThrow(malformed)
    }
  })

  test.each([
    ['no text', Uint8Array.of(0xff)],
    ['no JSON', encodeUtf8('{')],
    ['a list', encodeUtf8('[]')],
    ['too long', new Uint8Array(MAX_COLLATERAL + 1)]
  ])('that is %s is refused', (_, bytes) => {
    expect(() => parseTdxCollateral(bytes)).toThrow(malformed)
  })

  test('of whatever JSON is read or refused', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseTdxCollateral(encodeUtf8(text))
          return false
        } catch (error) {
          return error instanceof AttestationError
        }
      })
    )
  })
})

describe('a CRL as served', () => {
  test('is DER, or hex of it', () => {
    const { pckCrl } = collateral
    expect(crlBytes(pckCrl)).toEqual(pckCrl)
    expect(crlBytes(encodeUtf8(`${encodeHex(pckCrl).toUpperCase()}\n`))).toEqual(pckCrl)
  })

  test('is nothing else', () => {
    expect(() => crlBytes(encodeUtf8('<html>'))).toThrow(malformed)
  })
})

describe('the signed part of an answer', () => {
  test.each([
    ['{"tcbInfo":{"a":1},"signature":"00"}', '{"a":1}'],
    ['{ "signature" : "00" , "tcbInfo" :\n {"a": [1, {"b": "}"}]} }', '{"a": [1, {"b": "}"}]}'],
    [String.raw`{"tcbInfo":{"a":"\"},{\\"},"signature":"00"}`, String.raw`{"a":"\"},{\\"}`]
  ])('of %s is %s, byte for byte', (text, value) => {
    expect(signedMember(text, 'tcbInfo')).toBe(value)
  })

  test.each([
    ['not there', '{"enclaveIdentity":{}}'],
    ['only deeper', '{"x":{"tcbInfo":{}}}'],
    ['there twice', '{"tcbInfo":1,"tcbInfo":2}'],
    ['there twice, once in disguise', String.raw`{"tcbInfo":1,"\u0074cbInfo":2}`],
    ['in no object', '["tcbInfo"]'],
    ['in no JSON', '{"tcbInfo":1'],
    ['in more than 1 MiB', `{"tcbInfo":1${' '.repeat(1024 * 1024)}}`]
  ])('that is %s is refused', (_, text) => {
    expect(() => signedMember(text, 'tcbInfo')).toThrow(malformed)
  })

  test.each([
    ['a long string', 'x'.repeat(1_000_000)],
    ['all escapes', String.raw`\\\"`.repeat(250_000)]
  ])('is found beside %s', (_, other) => {
    expect(signedMember(`{"other":"${other}","tcbInfo":{}}`, 'tcbInfo')).toBe('{}')
  })

  test('is what JSON says it is, in any object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.boolean(),
        (others, value, isSpaced) => {
          const { tcbInfo: _, ...rest } = others
          const text = JSON.stringify({ ...rest, tcbInfo: value }, null, isSpaced ? 2 : 0)
          expect(JSON.parse(signedMember(text, 'tcbInfo'))).toEqual(JSON.parse(JSON.stringify(value)))
        }
      )
    )
  })
})
