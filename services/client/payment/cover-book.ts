import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import type { ClientEventListener } from '../events.ts'
import { type CoverStore, NO_COVER, ownVouchers, type PayeeCover, payeeName, withVoucher } from './covers.ts'

export interface CoverBookContext {
  readonly store: CoverStore
  /** Account, 32 bytes. */
  readonly escrow: Uint8Array
  /** Keys by which this consumer has signed, 32 bytes each. */
  readonly readOwnKeys: () => Promise<readonly Uint8Array[]>
  /** The best vouchers of the escrow for the payee that the market knows, unchecked. */
  readonly listVouchers: (payee: Uint8Array) => Promise<readonly Uint8Array[]>
  readonly onEvent: ClientEventListener
}

/**
 * What this consumer has with each payee. Where nothing is written of a payee, its folder may have been lost: the market is asked
 * for this consumer's own vouchers, whose signatures it cannot make up. It can withhold them, and then less is signed than before.
 */
export class CoverBook {
  readonly #context: CoverBookContext
  readonly #covers = new Map<string, PayeeCover>()

  constructor(context: CoverBookContext) {
    this.#context = context
  }

  /** Refuses as the market does where it has to be asked and cannot: a cover begun too early would hide what was lost. */
  async of(payee: Uint8Array): Promise<PayeeCover> {
    const name = payeeName(payee)
    const known = this.#covers.get(name) ?? (await this.#context.store.read(name))
    if (known === undefined) return this.recover(payee)
    this.#covers.set(name, known)
    return known
  }

  /** Of whom something is written. */
  async payees(): Promise<readonly Uint8Array[]> {
    return (await this.#context.store.payees()).map((name) => decodeHex(name))
  }

  async keep(payee: Uint8Array, cover: PayeeCover): Promise<void> {
    await this.#context.store.write(payeeName(payee), cover)
    this.#covers.set(payeeName(payee), cover)
  }

  /** Takes on the greatest of this consumer's own vouchers that the market has, if it is above what is written. */
  async recover(payee: Uint8Array): Promise<PayeeCover> {
    const { escrow, store, listVouchers, readOwnKeys, onEvent } = this.#context
    const name = payeeName(payee)
    const before = this.#covers.get(name) ?? (await store.read(name)) ?? NO_COVER
    const expected = { escrow, payee, voucherKeys: await readOwnKeys() }
    const recovered = ownVouchers(await listVouchers(payee), expected).reduce(withVoucher, before)
    if (recovered.vouchered === before.vouchered) {
      this.#covers.set(name, before)
      return before
    }
    await this.keep(payee, recovered)
    onEvent({ kind: 'vouchers-recovered', payee: encodeHex(payee), cumulative: recovered.vouchered })
    return recovered
  }
}
