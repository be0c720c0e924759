import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { concatBytes } from '../../../attestation/encoding.ts'
import { signPaymentTerms, verifyPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { encodeVoucher, parseVoucher, signVoucher, verifyVoucher } from '../../../attestation/receipt/voucher.ts'
import type { Keyset } from '../../../attestation/session/keyset.ts'
import type { FuzzTarget } from '../target.ts'
import { mustBe } from './evidence.ts'

/** What a relay carries from a consumer to a host. */
export function voucherTargets(): readonly FuzzTarget[] {
  const of = (fill: number) => new Uint8Array(32).fill(fill)
  const key = ed25519PrivateKey(of(1))
  const seeds = [0n, 1_000_000_000n, 2n ** 128n - 1n].map((cumulative) =>
    signVoucher({ escrow: of(2), payee: of(3), cumulative, usageRoot: of(4) }, key)
  )
  const digest = of(5)
  const keyset = { digest, receiptKeys: [{ keyId: 'r1', publicKey: ed25519PublicBytes(key) }] } as unknown as Keyset
  const terms = { credit: 50_000_000, feeShare: 500, keyId: 'r1', minDelay: 86_400, network: -3, keysetDigest: digest }
  const signedTerms = signPaymentTerms({ ...terms, market: of(6), payee: of(7) }, key)
  const expected = { escrow: of(2), payee: of(3), voucherKeys: [ed25519PublicBytes(key)] }
  return [
    {
      name: 'voucher',
      seeds,
      codes: ['VOUCHER_MALFORMED', 'VOUCHER_REFUSED'],
      weight: 8,
      limitMs: 50,
      run(input) {
        const voucher = parseVoucher(input)
        mustBe(concatBytes(encodeVoucher(voucher), voucher.signature), input)
        verifyVoucher(input, expected)
        if (!seeds.some((one) => Buffer.compare(one, input) === 0)) throw new Error('another voucher was taken')
      }
    },
    {
      name: 'payment-terms',
      seeds: [signedTerms],
      codes: ['PAYMENT_TERMS_MALFORMED', 'PAYMENT_TERMS_REFUSED'],
      weight: 4,
      limitMs: 50,
      run(input) {
        verifyPaymentTerms(input, keyset)
        mustBe(input, signedTerms)
      }
    }
  ]
}
