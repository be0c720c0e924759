import { expect, test } from 'vitest'
import { generateEd25519 } from '../../../attestation/crypto.ts'
import { signPaymentTerms, verifyPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { createGuestMaker } from '../../fakes/guest.ts'

const makeGuest = await createGuestMaker()
const guest = makeGuest()
const fields = {
  credit: 50_000_000,
  feeShare: 500,
  keyId: 'r1',
  market: new Uint8Array(32).fill(2),
  minDelay: 86_400,
  network: -4242,
  payee: new Uint8Array(32).fill(3),
  keysetDigest: guest.keyset.digest
}
const signed = signPaymentTerms(fields, guest.receiptKey)

test('terms read back as the host said them', () => {
  expect(verifyPaymentTerms(signed, guest.keyset)).toEqual({ ...fields, bytes: signed })
})

test.each([
  ['signed by another key', signPaymentTerms(fields, generateEd25519()), 'PAYMENT_TERMS_REFUSED'],
  [
    'of another keyset',
    signPaymentTerms({ ...fields, keysetDigest: makeGuest().keyset.digest }, guest.receiptKey),
    'PAYMENT_TERMS_REFUSED'
  ],
  [
    'by a key the keyset does not name',
    signPaymentTerms({ ...fields, keyId: 's1' }, guest.receiptKey),
    'PAYMENT_TERMS_REFUSED'
  ],
  ['cut off', signed.subarray(0, signed.length - 1), 'PAYMENT_TERMS_MALFORMED'],
  ['empty', new Uint8Array(0), 'PAYMENT_TERMS_MALFORMED']
])('terms are refused: %s', (_, bytes, code) => {
  expect(() => verifyPaymentTerms(bytes, guest.keyset)).toThrow(expect.objectContaining({ code }))
})

test('another payee than the one signed for is refused', () => {
  const text = Buffer.from(signed).toString().replaceAll('03'.repeat(32), '04'.repeat(32))
  expect(() => verifyPaymentTerms(Buffer.from(text), guest.keyset)).toThrow(
    expect.objectContaining({ code: 'PAYMENT_TERMS_REFUSED' })
  )
})
