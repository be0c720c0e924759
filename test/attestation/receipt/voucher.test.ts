import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ed25519PublicBytes, generateEd25519 } from '../../../attestation/crypto.ts'
import { decodeHex, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import {
  encodeVoucher,
  parseVoucher,
  SIGNED_VOUCHER_BYTES,
  signVoucher,
  VOUCHER_BYTES,
  verifyVoucher
} from '../../../attestation/receipt/voucher.ts'
import { altered, refusalOf } from '../session/alteration.ts'

interface Vector {
  readonly signed: string
  readonly expected: { readonly escrow: string; readonly payee: string; readonly voucher_keys: readonly string[] }
  readonly code: string
  readonly cumulative: string
  readonly usage_root: string
}

const FOLDER = new URL('../../vectors/voucher/', import.meta.url)
const vectors = (outcome: 'accepted' | 'refused') =>
  readdirSync(new URL(outcome, FOLDER)).map((file) => {
    const text = readFileSync(new URL(`${outcome}/${file}`, FOLDER), 'utf8')
    return [file.replace('.json', '').replaceAll('-', ' '), JSON.parse(text) as Vector] as const
  })

function readVector({ signed, expected }: Vector) {
  return verifyVoucher(decodeHex(signed), {
    escrow: decodeHex(expected.escrow),
    payee: decodeHex(expected.payee),
    voucherKeys: expected.voucher_keys.map((key) => decodeHex(key))
  })
}

const account = fc.uint8Array({ minLength: 32, maxLength: 32 })
const fields = fc.record({
  escrow: account,
  payee: account,
  cumulative: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  usageRoot: account
})
const key = generateEd25519()
const voucherKeys = [ed25519PublicBytes(key)]

describe('a voucher', () => {
  it.each(vectors('accepted'))('is accepted: %s', (_, vector) => {
    const read = readVector(vector)
    expect(read.cumulative).toBe(BigInt(vector.cumulative))
    expect(encodeHex(read.usageRoot)).toBe(vector.usage_root)
  })

  it.each(vectors('refused'))('is refused: %s', async (_, vector) => {
    expect(await refusalOf(() => readVector(vector))).toBe(vector.code)
  })

  it('is 127 bytes in the order tag, escrow, payee, cumulative, usage root', () => {
    const of = (fill: number) => new Uint8Array(32).fill(fill)
    const bytes = encodeVoucher({ escrow: of(1), payee: of(2), cumulative: 3n, usageRoot: of(4) })
    expect(bytes).toHaveLength(VOUCHER_BYTES)
    expect(encodeHex(bytes)).toBe(
      `${encodeHex(encodeUtf8('bombyx/voucher1'))}${'01'.repeat(32)}${'02'.repeat(32)}${'00'.repeat(15)}03${'04'.repeat(32)}`
    )
  })

  it('is read as it was signed', () => {
    fc.assert(
      fc.property(fields, (voucher) => {
        const signed = signVoucher(voucher, key)
        expect(signed).toHaveLength(SIGNED_VOUCHER_BYTES)
        expect(parseVoucher(signed)).toMatchObject(voucher)
        expect(verifyVoucher(signed, { ...voucher, voucherKeys })).toEqual({
          ...parseVoucher(signed),
          signer: voucherKeys[0]
        })
      })
    )
  })

  it('is refused after any change', () => {
    fc.assert(
      fc.asyncProperty(
        fields.chain((voucher) => fc.tuple(fc.constant(voucher), altered(signVoucher(voucher, key)))),
        async ([voucher, bytes]) => {
          const code = await refusalOf(() => verifyVoucher(bytes, { ...voucher, voucherKeys }))
          expect(code).toMatch(/^VOUCHER_(MALFORMED|REFUSED)$/)
        }
      )
    )
  })

  it.each([
    ['an amount below zero', { cumulative: -1n }],
    ['an amount past 128 bits', { cumulative: 2n ** 128n }],
    ['an account of 33 bytes', { payee: new Uint8Array(33) }],
    ['a root of 31 bytes', { usageRoot: new Uint8Array(31) }]
  ])('is not made for %s', (_, change) => {
    const [good] = fc.sample(fields, 1)
    expect(() => signVoucher({ ...good!, ...change }, key)).toThrow(TypeError)
  })
})
