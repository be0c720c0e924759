import { constant, hex, integer, type Read, text } from '../appraisal/shape.ts'
import { equalBytes, type PrivateKey } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import type { Keyset } from '../session/keyset.ts'
import { digestText, isSignedBy, parseDocument, signDocument, signedObject } from './signed-document.ts'

/** Whom a host wants paid, and which escrows it gives credit against. */
export interface PaymentTermsFields {
  /** nanoTON: what it delivers beyond a payer's best voucher stays below this. */
  readonly credit: number
  readonly keyId: string
  /** Of 10,000: the most that the escrow may pay its market on top. */
  readonly feeShare: number
  /** Account of the market that the escrow names, 32 bytes; in the basechain, as the payee. */
  readonly market: Uint8Array
  /** Seconds: the least that closing and releasing must wait. */
  readonly minDelay: number
  /** TON's global id. */
  readonly network: number
  /** Account that vouchers for this host pay, 32 bytes. One host alone has it: sums are a payee's. */
  readonly payee: Uint8Array
  readonly keysetDigest: Uint8Array
}

export interface PaymentTerms extends PaymentTermsFields {
  readonly bytes: Uint8Array
}

const PURPOSE = 'bombyx.payment-terms.v1'

const terms = signedObject({
  credit: integer(1, Number.MAX_SAFE_INTEGER),
  feeShare: integer(0, 10_000),
  keyId: text('^.+$', 255),
  market: hex(32),
  minDelay: integer(0, 2 ** 24 - 1),
  network: integer(-(2 ** 31), 2 ** 31 - 1),
  payee: hex(32),
  purpose: constant(PURPOSE),
  workloadKeysetDigest: digestText
})

/** The JCS form, signed by the keyset's receipt key. */
export function signPaymentTerms({ keysetDigest, ...same }: PaymentTermsFields, receiptKey: PrivateKey): Uint8Array {
  const document: Omit<Read<typeof terms>, 'signature'> = {
    ...same,
    purpose: PURPOSE,
    workloadKeysetDigest: keysetDigest
  }
  return signDocument(terms, document, receiptKey)
}

/**
 * Reads terms and checks that this keyset's receipt key signed them: a relay cannot name another payee. Refuses with
 * PAYMENT_TERMS_MALFORMED or PAYMENT_TERMS_REFUSED.
 */
export function verifyPaymentTerms(bytes: Uint8Array, keyset: Keyset): PaymentTerms {
  const signed = parseDocument(terms, bytes, 'PAYMENT_TERMS_MALFORMED')
  const { workloadKeysetDigest, purpose: _, signature: __, ...fields } = signed.fields
  const isOurs = equalBytes(workloadKeysetDigest, keyset.digest) && isSignedBy(keyset.receiptKeys, fields.keyId, signed)
  if (!isOurs) throw new AttestationError('PAYMENT_TERMS_REFUSED', 'not signed by this host')
  return { ...fields, keysetDigest: workloadKeysetDigest, bytes }
}
