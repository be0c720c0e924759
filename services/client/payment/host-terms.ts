import { equalBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type PaymentTerms, verifyPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { Leg } from '../sessions/session.ts'

/** What an escrow promises a host. */
export interface EscrowPromise {
  /** Account of the market that it names. */
  readonly market: Uint8Array
  readonly feeShare: number
  readonly delay: number
  readonly network: number
}

const MOST_TERMS = 10_000

/** Whom hosts want paid, by their own signature, and only where this escrow will do. */
export class HostTerms {
  readonly #promise: EscrowPromise
  readonly #ask: (leg: Leg) => Promise<Uint8Array>
  readonly #known = new Map<string, Promise<PaymentTerms>>()

  /** `ask` gives the terms as a host signed them, through a relay. */
  constructor(promise: EscrowPromise, ask: (leg: Leg) => Promise<Uint8Array>) {
    this.#promise = promise
    this.#ask = ask
  }

  /** UNPAID where the host wants an escrow on other terms; refuses as `verifyPaymentTerms` does. */
  async payeeOf(leg: Leg): Promise<Uint8Array> {
    const name = encodeHex(leg.digest)
    const known = this.#known.get(name) ?? this.#read(leg)
    if (this.#known.size >= MOST_TERMS) this.#known.clear()
    this.#known.set(name, known)
    try {
      return (await known).payee
    } catch (error) {
      // A host that could not be asked may be asked again.
      if (this.#known.get(name) === known) this.#known.delete(name)
      throw error
    }
  }

  async #read(leg: Leg): Promise<PaymentTerms> {
    const terms = verifyPaymentTerms(await this.#ask(leg), leg.host.keyset)
    if (!this.#fits(terms)) throw new ServiceError('UNPAID', 'the host wants an escrow on other terms')
    return terms
  }

  #fits(terms: PaymentTerms): boolean {
    const { market, network, feeShare, delay } = this.#promise
    return (
      equalBytes(terms.market, market) &&
      terms.network === network &&
      terms.feeShare >= feeShare &&
      terms.minDelay <= delay
    )
  }
}
